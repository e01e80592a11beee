"""Losses in which every positive has its own negatives."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.losses import BCE, BPR, Sampled
from gnas.nn.losses import formulas
from gnas.nn.losses.step import Batch, LossValue, StepLoss
from gnas.nn.model import Candidate
from gnas.nn.negatives import build_drawer
from gnas.nn.positives import Positives


def bpr(loss: BPR, known: Positives) -> StepLoss:
    """Bayesian personalised ranking."""
    return against_own(loss, known, formulas.bpr)


def bce(loss: BCE, known: Positives) -> StepLoss:
    """Binary cross entropy."""
    return against_own(loss, known, formulas.bce)


def against_own(
    loss: Sampled, known: Positives, formula: Callable[[Tensor, Tensor, Tensor | None], Tensor]
) -> StepLoss:
    """Every pair has negatives of its own."""
    drawer, k = build_drawer(loss.sampling, known), loss.negatives

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator) -> LossValue:
        u_BD = embedding(batch.users_B, user_UD)

        def score(item_BK: Tensor) -> Tensor:
            return model.pair_scores(u_BD, embedding(item_BK, item_ID)).float()

        drawn = drawer.each(batch.users_B, batch.items_B, k, score, generator)
        score_BK = score(torch.cat([batch.items_B.unsqueeze(1), drawn.item_BK], dim=1))
        return LossValue(formula(score_BK[:, 0], score_BK[:, 1:], drawn.known_BK), drawn.item_BK)

    return step
