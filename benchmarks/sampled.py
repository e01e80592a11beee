"""Training on the whole graph against training on drawn neighbourhoods: quality and seconds of the same candidate.

With `--nodes`, seconds a step on a made graph with that number of nodes, two interactions each, in place of both.
"""

import itertools
import time
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.architecture import Architecture
from gnas.config.data import SplitConfig
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.data.split import VALID, split_parts
from gnas.evaluate.evaluator import Evaluator, of_drawn_users
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import build
from gnas.train.loop import train
from gnas.train.plan import FANOUTS, full_mib

METRIC = "ndcg@20"
SHARED = {"dim": 64, "lr": 0.005, "loss": {"softmax": {"temperature": 0.15, "negatives": 1024}}}
PROPAGATIONS: list[dict[str, Any]] = [{"lightgcn": {"depth": 2}}, {"lightgcn": {"depth": 3}}, {"sage": {"depth": 2}}]
WAYS = {"the whole graph": None, "neighbourhoods": FANOUTS[0]}
STEPS = 12
"""Steps that are timed with `--nodes`; the median without the first two."""


def candidates(batch_size: int) -> list[Architecture]:
    """The candidates, with this many positives a step."""
    return [Architecture.model_validate({**SHARED, "propagation": p, "batch_size": batch_size}) for p in PROPAGATIONS]


def trained(
    architecture: Architecture, graph: Graph, taken: Interactions, evaluator: Evaluator, epochs: int, fanout: int | None
) -> tuple[float, float]:
    """The best validation value of a training, and its seconds."""
    started, best = time.perf_counter(), 0.0
    model = build(architecture, graph, 0)
    options = TrainConfig(epochs=epochs, evaluate_every=max(1, epochs // 5), fanout=fanout)
    for epoch in train(model, taken, evaluator, seed=0, objective=METRIC, options=options):
        best = epoch.best_value
    return best, time.perf_counter() - started


def step_s(
    architecture: Architecture, graph: Graph, taken: Interactions, evaluator: Evaluator, fanout: int | None
) -> float:
    """Median seconds of a step."""
    model, times = build(architecture, graph, 0), [time.perf_counter()]

    def enough() -> bool:
        times.append(time.perf_counter())
        return len(times) > STEPS

    options = TrainConfig(fanout=fanout)
    for _ in train(model, taken, evaluator, seed=0, objective=METRIC, options=options, halt=enough):
        pass
    return sorted(after - before for before, after in itertools.pairwise(times[2:]))[(STEPS - 2) // 2]


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("sampled", __doc__.splitlines()[0])
    options.add_argument("--epochs", type=int, default=30)
    options.add_argument("--nodes", type=int, help="seconds a step on a made graph with this number of nodes")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device, console = torch.device(given.device), Console(width=120)
    half = (given.nodes or 0) // 2
    whole = common.synthetic(half, half, 4 * half, 0) if half else common.interactions(given.data)
    held = split_parts(whole, SplitConfig(kind="random", valid=0.1, test=0.0), 0) == VALID
    taken = whole.take(~held)
    graph = build_graph(taken, device)
    limit = 500 if half else 10_000
    evaluator = Evaluator(of_drawn_users(whole.take(held), limit, 0), [taken], [20], 0, device, memory_mib=128)
    headings = ("ms a step", "MiB on the whole graph, reckoned") if half else (f"validation {METRIC}", "s")
    made, rows = Table(title=f"{graph.n_nodes:,} nodes, {graph.n_interactions:,} interactions"), []
    for heading in ("candidate", "trained on", *headings):
        made.add_column(heading, justify="left" if heading in ("candidate", "trained on") else "right")
    for architecture in candidates(512 if half else 2048):
        for name, fanout in WAYS.items():
            words = architecture.words
            if half:
                ms, mib = 1e3 * step_s(architecture, graph, taken, evaluator, fanout), full_mib(architecture, graph)
                rows.append({"words": words, "on": name, "step_ms": ms, "reckoned_mib": mib})
                made.add_row(words, name, f"{ms:.0f}", f"{mib:.0f}" if fanout is None else "")
            else:
                best, wall_s = trained(architecture, graph, taken, evaluator, given.epochs, fanout)
                rows.append({"words": words, "on": name, "best": best, "wall_s": wall_s})
                made.add_row(words, name, f"{best:.4f}", f"{wall_s:.0f}")
    console.print(made)
    common.write(given.out, {"machine": common.machine(device), "data": str(given.data or "synthetic"), "rows": rows})
    console.print(f"written to {given.out}")
