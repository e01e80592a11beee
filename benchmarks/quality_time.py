"""Quality over wall time: how soon each recommender is how good, on one split and one machine.

Every contestant is built and trained on train less a random tenth, which is validation. Its clock runs while it is
built, trained and validated. Whenever validation has improved, test is measured with the clock stopped, to say when a
published figure was reached; nothing is chosen by it.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.baselines import BASELINES
from gnas.config.architecture import ClosedForm, Trained
from gnas.config.closed_forms import ALS, ItemGraph, Spectral
from gnas.config.data import SplitConfig
from gnas.config.losses import BPR, AllPairs, SampledSoftmax
from gnas.config.propagation import LightGCN, NoPropagation
from gnas.config.run import TrainConfig
from gnas.data.split import VALID, split_parts
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import build
from gnas.nn.recommender import Recommender
from gnas.train.loop import train

METRIC = "ndcg@20"
SHARES = (0.9, 0.99)
"""Shares of a contestant's own best value whose times are shown."""

CONTESTANTS = {
    # He et al., SIGIR 2020: the settings of the paper and its program
    "LightGCN + BPR, literature": Trained(
        propagation=LightGCN(depth=3), loss=BPR(), dim=64, lr=1e-3, weight_decay=1e-4, batch_size=2048, epochs=1000
    ),
    "LightGCN + softmax": Trained(
        propagation=LightGCN(depth=2), loss=SampledSoftmax(temperature=0.1), dim=64, lr=0.02, batch_size=4096,
        epochs=200,
    ),
    "LightGCN + all pairs": Trained(
        propagation=LightGCN(depth=1), loss=AllPairs(negative_weight=0.3), dim=128, lr=0.02, weight_decay=0.2,
        batch_size="full", epochs=200,
    ),
    "factorisation + all pairs": Trained(
        propagation=NoPropagation(), loss=AllPairs(negative_weight=0.5), dim=128, lr=0.02, weight_decay=0.3,
        batch_size="full", epochs=200,
    ),
    "item graph": ClosedForm(propagation=ItemGraph(l2=40.4, dropout=0.202, user_norm=0.147, item_norm=0.201)),
    "spectral, GF-CF": ClosedForm(propagation=Spectral(rank=256)),
    "spectral, freed": ClosedForm(propagation=Spectral(rank=256, user_norm=0.2, item_norm=0.3, ideal=0.3)),
    "iALS": ClosedForm(propagation=ALS(rank=256, unobserved=0.03, l2=5.0)),
    "EASE": ClosedForm(propagation=ItemGraph(l2=200.0)),
}  # fmt: skip
NEIGHBOURS = ("rp3beta", "item-knn")
"""Baselines with their defaults that are no candidates."""


@dataclass(frozen=True)
class Point:
    """An improvement on validation after `s` seconds, and test then."""

    s: float
    validation: float
    recall: float
    ndcg: float


def course(name: str, graph: Graph, parts: dict[str, Any], budget_s: float) -> list[Point]:
    """Every improvement of a contestant within its time; closed forms have one."""
    stopped_s, started = 0.0, time.perf_counter()
    points: list[Point] = []

    def spent_s() -> float:
        return time.perf_counter() - started - stopped_s

    def note(model: Recommender, validation: float) -> None:
        nonlocal stopped_s
        at_s, begun = spent_s(), time.perf_counter()
        test = parts["test"](model).metrics
        points.append(Point(at_s, validation, test["recall@20"], test[METRIC]))
        stopped_s += time.perf_counter() - begun

    if name in NEIGHBOURS:
        baseline = BASELINES[name]
        model = baseline.fit(graph, **baseline.grid[0])
        note(model, parts["validation"](model).metrics[METRIC])
        return points
    architecture = CONTESTANTS[name]
    model = build(architecture, graph, 0)
    options = TrainConfig()
    for epoch in train(
        model, parts["train"], parts["validation"],
        seed=0, objective=METRIC, options=options, halt=lambda: spent_s() > budget_s,
    ):  # fmt: skip
        if epoch.is_best:
            note(model, epoch.best_value)
        if spent_s() > budget_s:
            break
    return points


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("quality-time", __doc__.splitlines()[0])
    options.add_argument("--budget", type=float, default=300, help="seconds for each contestant (default: 300)")
    options.add_argument("--published", default=".1542/.0971", help="recall/NDCG at 20 to reach (default: LightGCN's)")
    options.add_argument("--only", nargs="+", choices=[*CONTESTANTS, *NEIGHBOURS], help="these alone")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    whole = common.interactions(given.data)
    held = split_parts(whole, SplitConfig(kind="random", valid=0.1, test=0.0), 0) == VALID
    taken, valid = whole.take(~held), whole.take(held)
    test = common.interactions(given.data, part="test", like=whole) if given.data else valid
    parts = {
        "train": taken,
        "validation": Evaluator(valid, [taken], [20], seed=0, device=device),
        "test": Evaluator(test, [taken, valid] if given.data else [taken], [20], seed=0, device=device),
    }
    recall, ndcg = (float(figure) for figure in given.published.split("/"))
    console, rows = Console(width=150), []
    for name in given.only or [*CONTESTANTS, *NEIGHBOURS]:
        graph = build_graph(taken, device)  # nothing is shared, so that each pays for its own factors
        points = course(name, graph, parts, given.budget)
        rows.append(summary(name, points, recall, ndcg))
        console.print(f"{name}: {METRIC} {points[-1].validation:.4f} after {points[-1].s:.1f} s", highlight=False)
    console.print(table(rows, given))
    result = {"machine": common.machine(device), "data": str(given.data or "synthetic"), "published": given.published}
    common.write(given.out, result | {"budget_s": given.budget, "contestants": rows})
    console.print(f"written to {given.out}")


def summary(name: str, points: list[Point], recall: float, ndcg: float) -> dict[str, Any]:
    """What the table shows of a contestant, and its course."""
    best = points[-1]
    reached = [point.s for point in points if point.recall >= recall and point.ndcg >= ndcg]
    shares = {
        share: next(point.s for point in points if point.validation >= share * best.validation) for share in SHARES
    }
    return {
        "name": name,
        "words": CONTESTANTS[name].words if name in CONTESTANTS else "defaults",
        "best_s": best.s,
        "shares_s": {str(share): value for share, value in shares.items()},
        "validation": best.validation,
        "test": {"recall@20": best.recall, METRIC: best.ndcg},
        "published_s": reached[0] if reached else None,
        "course": [[point.s, point.validation, point.recall, point.ndcg] for point in points],
    }


def table(rows: list[dict[str, Any]], given: Any) -> Table:
    """Best on validation first."""
    made = Table(title=f"{Path(given.data).name if given.data else 'synthetic'}, {given.threads} threads")
    shares = [f"s to {share:.0%}" for share in SHARES]
    for heading in ("recommender", *shares, "s to best", f"validation {METRIC}", "test recall/NDCG", "s to published"):
        made.add_column(heading, justify="left" if heading == "recommender" else "right")
    for row in sorted(rows, key=lambda row: -row["validation"]):
        made.add_row(
            row["name"],
            *(f"{row['shares_s'][str(share)]:.1f}" for share in SHARES),
            f"{row['best_s']:.1f}",
            f"{row['validation']:.4f}",
            f"{row['test']['recall@20']:.4f}/{row['test'][METRIC]:.4f}",
            "not reached" if row["published_s"] is None else f"{row['published_s']:.1f}",
        )
    return made
