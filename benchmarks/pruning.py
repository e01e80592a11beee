"""What pruning costs: how often it ends a candidate that would have been among the best, and what it saves.

The learning curves of trained candidates, a few of each kind, are recorded once, to their ends. Every pruner then runs
over them in many random orders, as a search would meet them: it sees what those before had reached and how those ended
that it let go on. The curves are kept in a file and read again by the next call.
"""

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from benchmarks.ingredients import SETS
from benchmarks.search import CASES
from gnas.config.architecture import Architecture
from gnas.config.data import DataConfig
from gnas.config.run import TrainConfig
from gnas.data.prepare import prepare
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import build_graph
from gnas.nn.model import build
from gnas.rng import numpy_rng
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.pruners import PRUNERS, Case, Pruner, due
from gnas.space.search_space import parse_space
from gnas.train.loop import train

METRIC = "ndcg@20"
AIM = Objectives((METRIC,))
WARM_UP = 0.1
SAMPLED = {
    "lr": {"float": [1e-3, 3e-2], "log": True},
    "weight_decay": {"float": [1e-5, 1e-3], "log": True},
    "batch_size": 8192,
}
EXACT = {
    "lr": {"float": [3e-3, 5e-2], "log": True},
    "weight_decay": {"float": [0.02, 0.8], "log": True},
    "loss": {"all-pairs": {"negative_weight": {"float": [0.05, 0.8], "log": True}}},
}
GRAPH = {"lightgcn": {"depth": {"int": [1, 3]}}}
SOFTMAX = {"softmax": {"temperature": {"float": [0.07, 0.3], "log": True}}}
CONTRAST = {"weight": {"float": [0.03, 0.3], "log": True}, "temperature": 0.2, "eps": 0.1}
KINDS: dict[str, dict[str, Any]] = {
    "factorisation, BPR": {"propagation": {"none": {}}, "loss": "bpr", **SAMPLED},
    "factorisation, softmax": {"propagation": {"none": {}}, "loss": SOFTMAX, **SAMPLED},
    "factorisation, all pairs": {"propagation": {"none": {}}, **EXACT},
    "LightGCN, BPR": {"propagation": GRAPH, "loss": "bpr", **SAMPLED},
    "LightGCN, softmax": {"propagation": GRAPH, "loss": SOFTMAX, **SAMPLED},
    "LightGCN, all pairs": {"propagation": GRAPH, **EXACT},
    "XSimGCL": {
        "propagation": {"lightgcn": {"depth": {"int": [2, 3]}, "layer0": 0.0}},
        "init": "xavier", "loss": "bpr", "contrastive": {"xsimgcl": CONTRAST}, **SAMPLED,
        "batch_size": 16384,
    },
    "crossed, half hidden": {
        "propagation": {"lightgcn": {"depth": 1, "norm": "root", "combine": "crossed"}},
        "target_mask": 0.5, "init_scale": 0.01, **EXACT,
    },
}  # fmt: skip
"""Spaces of the trained kinds of candidates."""
OF_EACH = 3
EPOCHS = 40


PRUNERS_COMPARED = ("none", "median", "halving", "ends")


@dataclass(frozen=True)
class Recorded:
    """One candidate that was trained to its end, and the epochs that it took."""

    outcome: Outcome
    epochs: int


@dataclass(frozen=True)
class Replayed:
    """What a pruner did in one order: what the best that it let end lacks, the best that it pruned, epochs saved."""

    regret: float
    top_pruned: float
    saved: float


def main(arguments: list[str]) -> None:
    """Record what is missing, replay, print, write."""
    options = ArgumentParser(prog="python -m benchmarks pruning", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    options.add_argument("--only", nargs="+", choices=list(SETS), default=list(SETS), help="these alone")
    options.add_argument("--without", nargs="+", choices=list(KINDS), default=[], help="leave these kinds out")
    options.add_argument("--orders", type=int, default=100, help="random orders (default: 100)")
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    options.add_argument(
        "--curves", type=Path, default=Path("runs/benchmarks/curves.json"), help="where curves are kept"
    )
    options.add_argument("--out", type=Path, default=Path("runs/benchmarks/pruning.json"), help="where the JSON goes")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    console = Console(width=150)
    curves = json.loads(given.curves.read_text()) if given.curves.exists() else {}
    for name in given.only:
        record(given.data, name, curves, given.curves, console)
    found: dict[str, dict[str, list[Replayed]]] = {}
    for name in given.only:
        chosen = [one for one in curves[name].values() if one["kind"] not in given.without]
        pool = [recorded(number, one) for number, one in enumerate(chosen)]
        found[name] = {pruner: replays(pool, PRUNERS[pruner], given.orders) for pruner in PRUNERS_COMPARED}
    console.print(table(found))
    summary = {name: {p: [asdict(one) for one in all_of] for p, all_of in rows.items()} for name, rows in found.items()}
    common.write(given.out, {"machine": common.machine(torch.device("cpu")), "replays": summary})
    console.print(f"{given.curves}, {given.out}")


def recorded(number: int, one: dict[str, Any]) -> Recorded:
    """A candidate of the file."""
    architecture = Architecture.model_validate(one["architecture"])
    curve = {100 * epoch // EPOCHS: (value,) for epoch, value in one["course"]}
    epochs, value = one["course"][-1]
    outcome = Outcome(
        number, architecture.identity, "complete", one["kind"], {}, architecture, {}, values=(value,), curve=curve
    )
    return Recorded(outcome, epochs)


def replays(pool: Sequence[Recorded], pruner: Pruner, orders: int) -> list[Replayed]:
    """One pruner over the candidates in many orders."""
    return [
        replay([pool[n] for n in numpy_rng(0, "order", order).permutation(len(pool))], pruner)
        for order in range(orders)
    ]


def replay(order: Sequence[Recorded], pruner: Pruner) -> Replayed:
    """One after the other, as a search would meet them."""
    seen: list[Outcome] = []
    spent = 0.0
    for one in order:
        end = _ended_at(one.outcome, pruner, seen)
        spent += one.epochs if end is None else end / 100 * EPOCHS
        if end is None:
            seen.append(one.outcome)
            continue
        curve = {percent: values for percent, values in (one.outcome.curve or {}).items() if percent <= end}
        seen.append(replace(one.outcome, state="pruned", curve=curve, values=curve[end]))
    best = sorted((_value(one.outcome) for one in order), reverse=True)
    kept = max(_value(outcome) for outcome in seen if outcome.state == "complete")
    lost = sum(
        outcome.state == "pruned" and _value(one.outcome) >= best[2] for one, outcome in zip(order, seen, strict=True)
    )
    return Replayed(1 - kept / best[0], lost / 3, 1 - spent / sum(one.epochs for one in order))


def _ended_at(outcome: Outcome, pruner: Pruner, seen: Sequence[Outcome]) -> int | None:
    """After which share of its training a candidate is pruned; None where it is not."""
    curve: dict[int, tuple[float, ...]] = {}
    for percent, values in (outcome.curve or {}).items():
        before = max(curve, default=0)
        curve[percent] = values
        if (
            percent < 100
            and due(pruner, WARM_UP, before, percent)
            and pruner.verdict(Case(outcome, curve, percent, seen, AIM))
        ):
            return percent
    return None


def _value(outcome: Outcome) -> float:
    return outcome.values[0] if outcome.values else 0.0


def table(found: Mapping[str, Mapping[str, Sequence[Replayed]]]) -> Table:
    """A row a pruner, three columns a data set."""
    made = Table(
        title="Mean over random orders: regret in the best value · share of the three best pruned · epochs saved"
    )
    made.add_column("pruner")
    for name in found:
        made.add_column(name, justify="right")
    for pruner in PRUNERS_COMPARED:
        cells = []
        for rows in found.values():
            all_of = rows[pruner]
            regret, lost, saved = (
                fmean(getattr(one, what) for one in all_of) for what in ("regret", "top_pruned", "saved")
            )
            cells.append(f"{regret:.2%} · {lost:.1%} · {saved:.0%}")
        made.add_row(pruner, *cells)
    return made


def candidates() -> list[tuple[str, Architecture]]:
    """A few random candidates of each kind."""
    found = []
    for number in range(OF_EACH):
        for kind, tree in KINDS.items():
            space = parse_space({**tree, "dim": 32, "epochs": EPOCHS, "patience": EPOCHS // 3}, kind)
            found.append((kind, space.draw(numpy_rng(0, kind, number)).architecture))
    return found


def record(data: Path, name: str, curves: dict[str, Any], place: Path, console: Console) -> None:
    """Train every candidate to its end on one data set; those that the file has are left out."""
    known = curves.setdefault(name, {})
    split = prepare(DataConfig(source=str(data / CASES[name].path), filter=SETS[name]), 0, Path())
    graph = build_graph(split.train, torch.device("cpu"))
    evaluator = Evaluator(split.valid, [split.train], [20], seed=0, device=torch.device("cpu"))
    for kind, architecture in candidates():
        if architecture.identity in known:
            continue
        started, course = time.perf_counter(), []
        model = build(architecture, graph, 0)
        for epoch in train(
            model, split.train, evaluator, seed=0, objective=METRIC, options=TrainConfig(evaluate_every=1)
        ):
            if epoch.metrics:
                course.append([epoch.index, epoch.best_value])
        known[architecture.identity] = {
            "kind": kind,
            "architecture": architecture.written(),
            "course": course,
            "wall_s": time.perf_counter() - started,
        }
        common.write(place, curves)
        console.print(
            f"{name}, {kind}: {METRIC} {course[-1][1]:.4f} after {course[-1][0]} epochs, "
            f"{known[architecture.identity]['wall_s']:.0f} s",
            highlight=False,
        )
