"""LightGCN with BPR as in the literature, against PyG's own LightGCN trained as its example does.

Both: 3 layers averaged with layer 0, Adam, the same batch size, one uniform negative a pair, L2 on the embeddings of
the batch. On PyG's side its model `LightGCN`, its loss and its `DataLoader` loop over pairs; edges first from users to
items, then back, as such programs have them. On ours the parts that `gnas.train` runs an epoch with. Both run the
same number of steps in turn; an epoch is the number of batches times the median step.
"""

import itertools
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.architecture import Trained
from gnas.config.propagation import LightGCN
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.optimizers import build_optimizer
from gnas.train.step import build_step

with warnings.catch_warnings():  # it compiles with torch.jit, which warns that it is deprecated
    warnings.simplefilter("ignore")
    from torch_geometric.nn.models import LightGCN as PyGLightGCN

LR, DECAY = 1e-3, 1e-4


def ours(graph: Graph, train: Interactions, dim: int, depth: int, batch_size: int) -> Callable[[], None]:
    """One of our training steps, epoch after epoch."""
    architecture = Trained(propagation=LightGCN(depth=depth), dim=dim, lr=LR, weight_decay=DECAY, batch_size=batch_size)
    model = build(architecture, graph, 0)
    assert isinstance(model, Candidate)
    pairs, known = pairs_of(train, graph, architecture), positives(graph)
    generator, optimizer = torch_rng(graph.device, 0, "train"), build_optimizer(architecture, model.parameters())
    loss_of = build_step(model, known)
    total = torch.zeros((), device=graph.device)
    batches = itertools.chain.from_iterable(
        epoch_batches(pairs, known, graph, architecture, generator) for _ in itertools.count()
    )

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(next(batches), generator)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total.add_(loss.detach())

    return step


def of_pyg(graph: Graph, train: Interactions, dim: int, depth: int, batch_size: int) -> Callable[[], None]:
    """One step of the loop in PyG's example of LightGCN."""
    user = torch.from_numpy(train.user).to(graph.device)
    item = torch.from_numpy(train.item).to(graph.device) + graph.n_users
    edges = torch.stack([torch.cat([user, item]), torch.cat([item, user])])
    pairs = torch.stack([user, item])
    model = PyGLightGCN(graph.n_nodes, dim, depth).to(graph.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    loader: Any = torch.utils.data.DataLoader(range(len(user)), shuffle=True, batch_size=batch_size)  # type: ignore[arg-type]
    indices = itertools.chain.from_iterable(loader for _ in itertools.count())
    total = 0.0

    def step() -> None:
        nonlocal total
        positive = pairs[:, next(indices)]
        negative = torch.randint(graph.n_users, graph.n_nodes, (positive.shape[1],), device=graph.device)
        labels = torch.cat([positive, torch.stack([positive[0], negative])], dim=1)
        optimizer.zero_grad()
        high, low = model(edges, labels).chunk(2)
        loss = model.recommendation_loss(high, low, node_id=torch.unique(labels), lambda_reg=DECAY)
        loss.backward()
        optimizer.step()
        total += float(loss.detach())

    return step


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("epoch", "One epoch of LightGCN with BPR, against PyG's loop.")
    options.add_argument("--dim", type=int, default=64)
    options.add_argument("--depth", type=int, default=3)
    options.add_argument("--batch-size", type=int, default=2048)
    options.add_argument("--steps", type=int, default=5, help="steps of each in a round (default: 5)")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    train = common.interactions(given.data)
    graph = build_graph(train, device)
    setting = (train, given.dim, given.depth, given.batch_size)
    steps = {"ours": ours(graph, *setting), "pyg": of_pyg(graph, *setting)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for name, step in steps.items():
        common.seconds(step, device)
        for _ in range(1 if name == "pyg" else given.steps):
            step()
    for _ in range(given.repeats):
        for name, step in steps.items():
            times[name] += [common.seconds(step, device) for _ in range(given.steps)]
    n_steps = -(-len(train) // given.batch_size)
    median = {name: statistics.median(values) for name, values in times.items()}
    ratio = median["pyg"] / median["ours"]
    made = Table(
        title=f"An epoch of {n_steps} steps of {given.batch_size}, {len(train):,} interactions, dim {given.dim}"
    )
    for heading in ("loop", "step ms", "epoch s", "times ours"):
        made.add_column(heading, justify="right")
    for name, value in median.items():
        made.add_row(name, f"{1e3 * value:.1f}", f"{n_steps * value:.1f}", f"{value / median['ours']:.1f}×")
    console = Console(width=110)
    console.print(made)
    result = {"machine": common.machine(device), "data": str(given.data or "synthetic"), "dim": given.dim}
    result |= {"depth": given.depth, "batch_size": given.batch_size, "steps_per_epoch": n_steps}
    common.write(given.out, result | {"step_s": median, "measured_steps": len(times["ours"]), "pyg_over_ours": ratio})
    console.print(f"written to {given.out}")
