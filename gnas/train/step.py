"""One training step: propagate once, loss, contrastive term, L2, update."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.named import OPTIMIZERS
from gnas.nn.contrastive import Contrast, agreement
from gnas.nn.losses.step import Batch, StepLoss
from gnas.nn.model import Candidate
from gnas.nn.positives import Positives

TrainingStep = Callable[[Batch, torch.Generator], Tensor]
"""The loss of a step, ready for `backward`."""


def build_step(model: Candidate, known: Positives, *, half: bool = False) -> TrainingStep:
    """The whole loss of one step of `model`: loss + contrastive term + ½ weight_decay · L2 of its nodes.

    With `half` the dense products of the loss and the contrastive term are taken in bfloat16; the propagation, which
    moves memory rather than multiplies, stays in float32.

    The L2 term, left out where the optimiser decays by itself, is the mean over the step's pairs of ‖x_u‖² + ‖x_i‖² on
    layer 0, and the mean over its negatives (He et al., "LightGCN", SIGIR 2020, whose reference code has one negative a
    pair).
    """
    graph, architecture = model.graph, model.architecture
    loss_of: StepLoss = architecture.loss.build(known)
    contrast: Contrast | None = architecture.contrastive.build() if architecture.contrastive.used else None
    noise = contrast.noise if contrast else None
    decay = 0.0 if OPTIMIZERS[architecture.optimizer].decoupled else architecture.weight_decay
    share_N = graph.degree_N / max(graph.n_interactions, 1)

    def step(batch: Batch, generator: torch.Generator) -> Tensor:
        main = model.propagate(True, generator, noise=noise, kept_E=batch.kept_E)
        views = contrast.views(model, main, generator) if contrast else None
        with torch.autocast(graph.device.type, dtype=torch.bfloat16, enabled=half):
            loss, negatives = loss_of(model, *model.split(main.final), batch, generator)
            if contrast and views:
                loss = loss + agreement(contrast, views, model, batch, generator)
        if decay:
            loss = loss + decay / 2 * _square_norms(model.layer0(), model.n_users, batch, negatives, share_N)
        return loss

    return step


def _square_norms(x_ND: Tensor, n_users: int, batch: Batch, negatives: Tensor | None, share_N: Tensor) -> Tensor:
    """The L2 term; `share_N` is how often a node stands in the pairs of a full batch, relative to their number.

    Where the step has fewer nodes than there are, they are gathered, all at once: every gather costs the gradient a
    table of zeros. Otherwise their weights are added up, node by node, and nothing is gathered.
    """
    parts = [] if batch.full else [batch.users_B, batch.items_B + n_users]
    if negatives is not None:
        parts.append(negatives.flatten() + n_users)
    if not batch.full and sum(map(len, parts)) < len(x_ND):
        return embedding(torch.cat(parts), x_ND).square().sum(1) @ _shares(parts, x_ND)
    weight_N = share_N if batch.full else torch.zeros_like(share_N)
    if parts:
        weight_N = weight_N.index_add(0, torch.cat(parts), _shares(parts, x_ND))
    return x_ND.square().sum(1) @ weight_N


def _shares(parts: list[Tensor], like: Tensor) -> Tensor:
    """The weight of each node of a mean over each part."""
    return torch.cat([like.new_full((len(part),), 1 / max(len(part), 1)) for part in parts])
