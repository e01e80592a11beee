"""One training step: propagate once, loss, contrastive term, L2, update."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.architecture import Architecture
from gnas.config.objective import ViewContrast
from gnas.graph.bipartite import Graph
from gnas.nn.contrastive import agreement, build_contrast
from gnas.nn.model import Candidate
from gnas.nn.objectives import Batch, build_objective
from gnas.nn.positives import Positives
from gnas.train.optimizers import l2

StepLoss = Callable[[Batch, torch.Generator], Tensor]
"""The loss of a step, ready for `backward`."""


def build_step(
    model: Candidate, graph: Graph, known: Positives, architecture: Architecture, *, half: bool = False
) -> StepLoss:
    """The whole loss of one step of `model`: loss + contrastive term + ½ weight_decay · L2 of the step's nodes.

    With `half` the dense products of the loss and the contrastive term are taken in bfloat16; the propagation, which
    moves memory rather than multiplies, stays in float32.

    The L2 term is the mean over the step's pairs of ‖x_u‖² + ‖x_i‖² on layer 0, and the mean over its negatives (He et
    al., "LightGCN", SIGIR 2020, whose reference code has one negative a pair).
    """
    objective = build_objective(architecture.loss, known)
    contrast = build_contrast(architecture.contrastive)
    noise = contrast.noise if contrast else None
    decay = l2(architecture)
    share_N = graph.degree_N / max(graph.n_interactions, 1)

    def step(batch: Batch, generator: torch.Generator) -> Tensor:
        main = model.propagate(True, generator, noise=noise)
        views = contrast.views(model, main, generator) if contrast else None
        with torch.autocast(graph.device.type, dtype=torch.bfloat16, enabled=half):
            loss, negatives = objective(model, *model.split(main.final), batch, generator)
            if views:
                assert isinstance(architecture.contrastive, ViewContrast)
                loss = loss + agreement(architecture.contrastive, views, model, batch, generator)
        if decay:
            loss = loss + decay / 2 * _square_norms(model.layer0(), model.n_users, batch, negatives, share_N)
        return loss

    return step


def _square_norms(x_ND: Tensor, n_users: int, batch: Batch, negatives: Tensor | None, share_N: Tensor) -> Tensor:
    """The L2 term; `share_N` is how often a node stands in the pairs of a full batch, relative to their number.

    All nodes are gathered at once: every gather costs the gradient a table of zeros.
    """
    parts = [] if batch.full else [batch.users_B, batch.items_B + n_users]
    if negatives is not None:
        parts.append(negatives.flatten() + n_users)
    total = (x_ND.square().sum(1) * share_N).sum() if batch.full else x_ND.new_zeros(())
    if not parts:
        return total
    weight = torch.cat([x_ND.new_full((len(part),), 1 / max(len(part), 1)) for part in parts])
    return total + embedding(torch.cat(parts), x_ND).square().sum(1) @ weight
