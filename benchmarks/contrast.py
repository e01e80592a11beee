"""What a contrastive term adds to a training step.

One whole step (propagation, BPR on a batch of 2048 pairs, term, gradient, Adam) of LightGCN of three layers without
layer 0, without and with each term, as a multiple of the step without.
"""

import itertools
from collections.abc import Callable

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.architecture import Trained
from gnas.config.contrastive import SGL, Contrastive, NoContrastive, SimGCL, XSimGCL
from gnas.config.propagation import LightGCN
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import Candidate
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.optimizers import build_optimizer
from gnas.train.step import build_step

TERMS: list[Contrastive] = [NoContrastive(), XSimGCL(), SimGCL(), SGL()]


def step_of(term: Contrastive, train: Interactions, graph: Graph, dim: int) -> Callable[[], None]:
    """One training step, each call on another batch of one epoch."""
    architecture = Trained(propagation=LightGCN(depth=3, layer0=0.0), contrastive=term, dim=dim)
    model, known = Candidate(architecture, graph, 0), positives(graph)
    loss_of, optimizer = build_step(model, known), build_optimizer(architecture, model.parameters())
    generator = torch_rng(graph.device, 0)
    batches = itertools.cycle(
        list(epoch_batches(pairs_of(train, graph, architecture), known, graph, architecture, generator))
    )

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss_of(next(batches), generator))
        optimizer.step()

    return step


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("contrast", "What a contrastive term adds to a training step.")
    options.add_argument("--dim", type=int, default=64)
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    train = common.interactions(given.data)
    graph = build_graph(train, device)
    steps = {term.kind: step_of(term, train, graph, given.dim) for term in TERMS}
    times = common.typical(steps, given.repeats, device)
    made = Table(
        title=f"A step, {graph.n_users:,} users, {graph.n_items:,} items, {graph.n_interactions:,} interactions"
    )
    for heading in ("term", "ms", "× without"):
        made.add_column(heading, justify="left" if heading == "term" else "right")
    for kind, time_s in times.items():
        made.add_row(kind, f"{1e3 * time_s:.1f}", f"{time_s / times['none']:.2f}")
    console = Console(width=110)
    console.print(made)
    common.write(given.out, {"machine": common.machine(device), "seconds": times})
    console.print(f"written to {given.out}")
