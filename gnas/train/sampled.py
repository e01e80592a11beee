"""Training on drawn neighbourhoods, for graphs that do not fit into the given memory.

A step draws some positives, as many items to be negatives as `OFFERED`, and the neighbourhood of all of them; it
trains the candidate on that part of the graph and changes the embeddings of its nodes alone. Everything that a
candidate is made of works as it does on the whole graph. Validation propagates over the whole graph, without gradients.
"""

import torch
from torch import Tensor
from torch.optim import Optimizer

from gnas.config.named import OPTIMIZERS
from gnas.graph.bipartite import Graph
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.relations.interactions import taken
from gnas.graph.relations.relation import Relation
from gnas.graph.sampling import neighbourhood
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate
from gnas.nn.positives import Positives
from gnas.train.optimizers import build_optimizer
from gnas.train.plan import OFFERED, Plan
from gnas.train.rows import Rows, split_rows
from gnas.train.step import build_step


class SampledSteps:
    """One training of `model` by steps on neighbourhoods.

    The embeddings have a row-wise Adam (the "lazy" one), which leaves rows outside of the step as they are, decoupled
    weight decay included; all other parameters have the architecture's own optimiser. Where the plan says so, the
    model's embeddings move to host memory, and are up to date there after `write_back`.
    """

    def __init__(self, model: Candidate, known: Positives, plan: Plan, *, half: bool) -> None:
        self.model, self.known = model, known
        self.fanout, self.half = plan.fanout, half
        self.hops = len(model.stack.layers)
        architecture = model.architecture
        others = [parameter for name, parameter in model.named_parameters() if name != "embedding"]
        decay = architecture.weight_decay if OPTIMIZERS[architecture.optimizer].decoupled else 0.0
        self.rows = (
            Rows(model.embedding.data, architecture.lr, decay)
            if plan.n_cached is None
            else split_rows(model, plan.n_cached, architecture.lr, decay)
        )
        self.optimizer: Optimizer | None = build_optimizer(architecture, others) if others else None

    def __call__(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Train on one batch of positives; its loss, without a gradient."""
        model, graph = self.model, self.model.graph
        offered = torch.randint(graph.n_items, (min(OFFERED, graph.n_items),), device=graph.device, generator=generator)
        seeds = torch.cat([batch.users_B, batch.items_B + graph.n_users, offered + graph.n_users])
        assert isinstance(model.relation, Relation)
        near = neighbourhood(model.relation, seeds, self.hops, self.fanout, generator)
        x_SD = self.rows.gather(near.node_S).requires_grad_()
        user_u, item_i = near.node_S.tensor_split([int((near.node_S < graph.n_users).sum())])
        item_i = item_i - graph.n_users
        part, known = _part(self.known, user_u, item_i, batch.users_B, offered)
        local = model.on(near, x_SD, part)
        users_B, items_B = torch.searchsorted(user_u, batch.users_B), torch.searchsorted(item_i, batch.items_B)
        n_known = int(known.taken.count[users_B].sum())
        step = build_step(local, known, half=self.half)
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

    def write_back(self) -> None:
        """Make `model.embedding` what the steps so far made of it."""
        self.rows.write_back()
        self.model.refresh()


def _part(
    known: Positives, user_u: Tensor, item_i: Tensor, users_B: Tensor, offered: Tensor
) -> tuple[Graph, Positives]:
    """The interactions of the batch's users with items of the part, in the part's numbers.

    Only `offered` items, which are known to somebody where that is asked, may be negatives. Popularity stays that in
    the whole graph.
    """
    rows = torch.unique(users_B)
    row_P, entry_P = known.taken.entries(rows)
    item_P = known.taken.column[entry_P].long()
    place_P = torch.searchsorted(item_i, item_P).clamp(max=len(item_i) - 1)
    here_P = item_i[place_P] == item_P
    row_P, place_P = torch.searchsorted(user_u, rows)[row_P[here_P]], place_P[here_P]
    count_u = torch.bincount(row_P, minlength=len(user_u))
    pattern = Pattern(start_of(count_u), place_P, (len(user_u), len(item_i)))
    allowed_i = torch.zeros(len(item_i), dtype=torch.int64, device=item_i.device)
    allowed_i[torch.searchsorted(item_i, offered)] = 1
    allowed_i *= known.offered_I[item_i]
    return Graph(taken(pattern)), Positives(pattern, known.degree_I[item_i], allowed_i)
