"""Training on drawn neighbourhoods, for graphs whose full propagation does not fit into the memory that is given.

A step draws some positives, as many items to be negatives as `OFFERED`, and the neighbourhood of all of them; it
trains the candidate on that part of the graph and changes the embeddings of its nodes alone. Everything that a
candidate is made of works as it does on the whole graph. Validation propagates over the whole graph, without gradients.
"""

import torch
from torch import Tensor
from torch.optim import Optimizer

from gnas.config.architecture import Architecture
from gnas.config.objective import SGL, SimGCL
from gnas.config.propagation import Layered, LightGCN
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.sampling import Neighbourhood, neighbourhood
from gnas.nn.local import local_model
from gnas.nn.model import Candidate
from gnas.nn.objectives import Batch
from gnas.nn.positives import Positives, expand
from gnas.train.optimizers import DECOUPLED, OPTIMIZERS
from gnas.train.rows import Table
from gnas.train.step import build_step

FANOUTS = (10, 7, 5, 4, 3, 2, 1)
"""Neighbours drawn of each node: the first number that the memory allows."""
OFFERED = 2048
"""Items drawn uniformly for each step, from which its negatives come."""


def full_mib(architecture: Architecture, graph: Graph) -> float:
    """About how much memory training on the whole graph takes, in MiB: tables of N embeddings, counted.

    The parameter, its gradient, two moments and the best state; then what a step holds.
    """
    return (5 + _step_tables(architecture)) * _table_mib(architecture, graph.n_nodes)


def fanout_for(architecture: Architecture, graph: Graph, max_memory_mib: float) -> int | None:
    """How many neighbours to draw of each node so that a training keeps within the memory; None: train on all.

    Raises:
        TrialFailed: it fits in neither way.
    """
    needed_mib = full_mib(architecture, graph)
    if needed_mib <= max_memory_mib:
        return None
    too_large = f"training takes about {needed_mib:.0f} MiB, above train.max_memory ({max_memory_mib:.0f} MiB)"
    if why := whole_graph_only(architecture):
        raise TrialFailed(f"{too_large}, and it cannot be done on samples: {why}")
    hops = _depth(architecture)
    n_tables = 4 + _validation_tables(architecture)  # parameter, moments, best state
    held_mib = n_tables * _table_mib(architecture, graph.n_nodes)
    assert isinstance(architecture.batch_size, int)
    seeds = 2 * architecture.batch_size + OFFERED
    for fanout in FANOUTS:
        n_nodes = min(graph.n_nodes, seeds * sum(fanout**hop for hop in range(hops + 1)))
        sampled_mib = held_mib + (1 + _step_tables(architecture)) * _table_mib(architecture, n_nodes)
        if sampled_mib <= max_memory_mib:
            return fanout
    raise TrialFailed(
        f"{too_large}, and on samples still {sampled_mib:.0f} MiB, {held_mib:.0f} of them for the embeddings "
        f"themselves; a smaller dim or batch_size would need less"
    )


def whole_graph_only(architecture: Architecture) -> str | None:
    """Why a candidate cannot be trained on neighbourhoods, or None."""
    reasons = {
        f"loss {architecture.loss.kind} looks at all pairs": architecture.loss.full_batch,
        f"loss {architecture.loss.kind} predicts ratings": architecture.loss.needs_ratings,
        "its batch is the whole graph": architecture.batch_size == "full",
        "it reads features": architecture.features.used,
        f"optimizer {architecture.optimizer} has no update by rows": architecture.optimizer not in ("adam", "adamw"),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _step_tables(architecture: Architecture) -> int:
    """Tables of embeddings that a step holds beside its parameters.

    Each layer's output and its gradient, with the linear maps of an operator that has them four more; the combination;
    all of it again for each further view.
    """
    per_layer = 2 if isinstance(architecture.propagation, LightGCN) else 6
    passes = 3 if isinstance(architecture.contrastive, SGL | SimGCL) else 1
    return passes * (per_layer * _depth(architecture) + 4)


def _validation_tables(architecture: Architecture) -> int:
    """Tables of embeddings that a propagation without gradients holds at once, beside its input.

    A layer's input and output, what is in between for an operator with linear maps, and the running sum; more where the
    combination needs all layers together.
    """
    spec = architecture.propagation
    if not isinstance(spec, Layered) or not spec.depth:
        return 0
    n_layer = (2 if isinstance(spec, LightGCN) else 7) + (spec.residual > 0)
    if getattr(spec, "weights", None) is not None or spec.combine not in ("concat", "attention"):
        return n_layer + 1
    n_combined = 2 * spec.depth + 2 if spec.combine == "concat" else spec.depth + 2
    return max(n_layer + spec.depth - 1, n_combined)


def _depth(architecture: Architecture) -> int:
    return architecture.propagation.depth if isinstance(architecture.propagation, Layered) else 0


def _table_mib(architecture: Architecture, n_nodes: int) -> float:
    return n_nodes * architecture.dim * 4 / 2**20


class SampledSteps:
    """One training of `model` by steps on neighbourhoods.

    The embeddings have a row-wise Adam (the "lazy" one), which leaves rows outside of the step as they are, decoupled
    weight decay included; all other parameters have the architecture's own optimiser.
    """

    def __init__(
        self, model: Candidate, known: Positives, architecture: Architecture, fanout: int, *, half: bool
    ) -> None:
        self.model, self.known, self.architecture = model, known, architecture
        self.fanout, self.half = fanout, half
        self.hops = len(model.stack.layers)
        others = [parameter for name, parameter in model.named_parameters() if name != "embedding"]
        decay = architecture.weight_decay if architecture.optimizer in DECOUPLED else 0.0
        self.rows = Table(model.embedding.data, architecture.lr, decay)
        self.optimizer: Optimizer | None = None
        if others:
            build = OPTIMIZERS[architecture.optimizer]
            self.optimizer = build(others, architecture.lr, architecture.weight_decay)

    def __call__(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Train on one batch of positives; its loss, without a gradient."""
        model, graph = self.model, self.model.graph
        offered = torch.randint(graph.n_items, (min(OFFERED, graph.n_items),), device=graph.device, generator=generator)
        seeds = torch.cat([batch.users_B, batch.items_B + graph.n_users, offered + graph.n_users])
        near = neighbourhood(graph, seeds, self.hops, self.fanout, generator)
        x_SD = self.rows.gather(near.node_S).requires_grad_()
        user_u, item_i = _sides(near, graph)
        part, known = _part(self.known, user_u, item_i, batch.users_B, offered)
        local = local_model(model, near, x_SD, part)
        users_B, items_B = torch.searchsorted(user_u, batch.users_B), torch.searchsorted(item_i, batch.items_B)
        n_known = int(known.count_U[users_B].sum())
        step = build_step(local, part, known, self.architecture, half=self.half)
        if self.optimizer:
            self.optimizer.zero_grad(set_to_none=True)
        loss = step(Batch(users_B, items_B, batch.rating_B, n_known, full=False), generator)
        loss.backward()  # type: ignore[no-untyped-call]
        assert x_SD.grad is not None
        self.rows.update(near.node_S, x_SD.grad)
        if self.optimizer:
            self.optimizer.step()
        model.refresh()
        return loss.detach()


def _sides(near: Neighbourhood, graph: Graph) -> tuple[Tensor, Tensor]:
    """The users and the items of a neighbourhood, numbered as in the interactions."""
    n_users = int((near.node_S < graph.n_users).sum())
    return near.node_S[:n_users], near.node_S[n_users:] - graph.n_users


def _part(
    known: Positives, user_u: Tensor, item_i: Tensor, users_B: Tensor, offered: Tensor
) -> tuple[Graph, Positives]:
    """The interactions of the batch's users with items of the part, in the part's numbers.

    Only `offered` items, which are known to somebody where that is asked, may be negatives. Popularity stays that in
    the whole graph.
    """
    rows = torch.unique(users_B)
    row_P, item_P = expand(known.count_U[rows], known.start_U[rows], known.item_E)
    place_P = torch.searchsorted(item_i, item_P).clamp(max=len(item_i) - 1)
    here_P = item_i[place_P] == item_P
    row_P, place_P = torch.searchsorted(user_u, rows)[row_P[here_P]], place_P[here_P]
    count_u = torch.bincount(row_P, minlength=len(user_u))
    pattern = Pattern(start_of(count_u), place_P, (len(user_u), len(item_i)))
    allowed_i = torch.zeros(len(item_i), dtype=torch.int64, device=item_i.device)
    allowed_i[torch.searchsorted(item_i, offered)] = 1
    allowed_i *= known.offered_I[item_i]
    key_P = row_P * len(item_i) + place_P
    local = Positives(place_P, start_of(count_u), count_u, key_P, known.degree_I[item_i], allowed_i)
    return Graph(pattern), local
