"""Training on the whole graph against training on drawn neighbourhoods: quality, seconds and memory."""

import time
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.architecture import Architecture
from gnas.config.data import SplitConfig
from gnas.config.describe import describe
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.data.split import VALID, split_parts
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import build
from gnas.train.costs import watch_peak
from gnas.train.evaluator import Evaluator
from gnas.train.loop import train
from gnas.train.sampled import FANOUTS, full_mib

METRIC = "ndcg@20"
SHARED = {"dim": 64, "lr": 0.005, "batch_size": 2048, "loss": {"softmax": {"temperature": 0.15}}}
CANDIDATES = [
    Architecture.model_validate({**SHARED, "propagation": propagation})
    for propagation in ({"lightgcn": {"depth": 2}}, {"lightgcn": {"depth": 3}}, {"sage": {"depth": 2}})
]


def measure(
    architecture: Architecture,
    graph: Graph,
    taken: Interactions,
    evaluator: Evaluator,
    epochs: int,
    fanout: int | None,
) -> dict[str, Any]:
    """One training."""
    peak_mib, started = watch_peak(graph.device), time.perf_counter()
    before_mib = peak_mib()
    model = build(architecture, graph, 0)
    options = TrainConfig(epochs=epochs, evaluate_every=max(1, epochs // 5), fanout=fanout)
    best = 0.0
    for epoch in train(model, graph, taken, evaluator, architecture, seed=0, objective=METRIC, options=options):
        best = epoch.best_value
    wall_s = time.perf_counter() - started
    return {"best": best, "wall_s": wall_s, "peak_mib": peak_mib() - before_mib}


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("sampled", __doc__.splitlines()[0])
    options.add_argument("--epochs", type=int, default=30)
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device, console = torch.device(given.device), Console(width=120)
    whole = common.interactions(given.data)
    held = split_parts(whole, SplitConfig(kind="random", valid=0.1, test=0.0), 0) == VALID
    taken = whole.take(~held)
    graph = build_graph(taken, device)
    evaluator = Evaluator(whole.take(held), [taken], [20], seed=0, device=device, memory_mib=128, limit_users=10_000)
    made = Table(title=f"{graph.n_nodes:,} nodes, {graph.n_interactions:,} interactions, {given.epochs} epochs")
    for heading in ("candidate", "trained on", f"validation {METRIC}", "s", "MiB more", "MiB reckoned"):
        made.add_column(heading, justify="left" if heading in ("candidate", "trained on") else "right")
    rows = []
    for architecture in CANDIDATES:
        for name, fanout in (("the whole graph", None), ("neighbourhoods", FANOUTS[0])):
            found = measure(architecture, graph, taken, evaluator, given.epochs, fanout)
            reckoned = full_mib(architecture, graph) if fanout is None else float("nan")
            rows.append({"words": describe(architecture), "on": name, "reckoned_mib": reckoned, **found})
            made.add_row(
                describe(architecture), name, f"{found['best']:.4f}", f"{found['wall_s']:.0f}",
                f"{found['peak_mib']:.0f}", "" if fanout else f"{reckoned:.0f}",
            )  # fmt: skip
    console.print(made)
    common.write(given.out, {"machine": common.machine(device), "data": str(given.data or "synthetic"), "rows": rows})
    console.print(f"written to {given.out}")
