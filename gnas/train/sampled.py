"""Training on drawn neighbourhoods, for graphs whose full propagation does not fit into the memory that is given.

A step draws some positives, as many items to be negatives as `OFFERED`, and the neighbourhood of all of them; it
trains the candidate on that part of the graph and changes the embeddings of its nodes alone. Everything that a
candidate is made of works as it does on the whole graph. Validation propagates over the whole graph, without gradients.
"""

import torch
from torch import Tensor
from torch.optim import Optimizer, SparseAdam

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
from gnas.train.optimizers import OPTIMIZERS
from gnas.train.step import build_step

FANOUT = 10
"""Neighbours drawn of each node."""
OFFERED = 2048
"""Items drawn uniformly for each step, from which its negatives come."""


def full_mib(architecture: Architecture, graph: Graph) -> float:
    """About how much memory a step on the whole graph takes, in MiB: tables of N embeddings, counted.

    The parameter, its gradient, two moments and the best state; each layer's output and its gradient, with the
    linear maps of an operator that has them four more; the combination; all of it again for each further view.
    """
    propagation = architecture.propagation
    depth = propagation.depth if isinstance(propagation, Layered) else 0
    per_layer = 2 if isinstance(propagation, LightGCN) else 6
    passes = 3 if isinstance(architecture.contrastive, SGL | SimGCL) else 1
    tables = 5 + passes * (per_layer * depth + 4)
    return tables * graph.n_nodes * architecture.dim * 4 / 2**20


def require_samplable(architecture: Architecture, max_memory_mib: float, needed_mib: float) -> None:
    """Raise `TrialFailed` where a candidate that is too large cannot be trained on neighbourhoods."""
    reasons = {
        f"loss {architecture.loss.kind} looks at all pairs": architecture.loss.full_batch,
        f"loss {architecture.loss.kind} predicts ratings": architecture.loss.needs_ratings,
        "its batch is the whole graph": architecture.batch_size == "full",
        "it reads features": architecture.features.used,
        f"optimizer {architecture.optimizer} has no update by rows": architecture.optimizer not in ("adam", "adamw"),
    }
    for reason, holds in reasons.items():
        if holds:
            raise TrialFailed(
                f"training it takes about {needed_mib:.0f} MiB, above train.max_memory ({max_memory_mib:.0f} MiB), "
                f"and it cannot be trained on samples: {reason}"
            )


class SampledSteps:
    """One training of `model` by steps on neighbourhoods.

    The embeddings have a row-wise Adam (the "lazy" one), which leaves rows outside of the step as they are; all other
    parameters have the architecture's own optimiser.
    """

    def __init__(self, model: Candidate, known: Positives, architecture: Architecture, *, half: bool) -> None:
        self.model, self.known, self.architecture, self.half = model, known, architecture, half
        self.hops = len(model.stack.layers)
        others = [parameter for name, parameter in model.named_parameters() if name != "embedding"]
        self.optimizers: list[Optimizer] = [SparseAdam([model.embedding], lr=architecture.lr)]
        if others:
            build = OPTIMIZERS[architecture.optimizer]
            self.optimizers.append(build(others, architecture.lr, architecture.weight_decay))

    def __call__(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Train on one batch of positives; its loss, without a gradient."""
        model, graph = self.model, self.model.graph
        offered = torch.randint(graph.n_items, (min(OFFERED, graph.n_items),), device=graph.device, generator=generator)
        seeds = torch.cat([batch.users_B, batch.items_B + graph.n_users, offered + graph.n_users])
        near = neighbourhood(graph, seeds, self.hops, FANOUT, generator)
        x_SD = model.embedding.detach()[near.node_S].requires_grad_()
        user_u, item_i = _sides(near, graph)
        part, known = _part(self.known, user_u, item_i, batch.users_B, offered)
        local = local_model(model, near, x_SD, part)
        users_B, items_B = torch.searchsorted(user_u, batch.users_B), torch.searchsorted(item_i, batch.items_B)
        n_known = int(known.count_U[users_B].sum())
        step = build_step(local, part, known, self.architecture, half=self.half)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss = step(Batch(users_B, items_B, batch.rating_B, n_known, full=False), generator)
        loss.backward()  # type: ignore[no-untyped-call]
        assert x_SD.grad is not None
        model.embedding.grad = torch.sparse_coo_tensor(
            near.node_S[None], x_SD.grad, model.embedding.shape, is_coalesced=True, check_invariants=False
        )
        for optimizer in self.optimizers:
            optimizer.step()
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
