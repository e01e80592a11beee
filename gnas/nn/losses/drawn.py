"""Losses with drawn negatives: every positive has its own, or all are compared with the same items."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.losses import BCE, BPR, CosineContrastive, Sampled, SampledSoftmax
from gnas.nn.losses import formulas
from gnas.nn.losses.compared import Compared
from gnas.nn.losses.step import Batch, LossValue, StepLoss
from gnas.nn.model import Candidate
from gnas.nn.negatives import Drawer
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
    drawer: Drawer = loss.sampling.build(known)
    k = loss.negatives

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator) -> LossValue:
        u_BD = embedding(batch.users_B, user_UD)

        def score(item_BK: Tensor) -> Tensor:
            return model.scorer.pair(u_BD, embedding(item_BK, item_ID)).float()

        drawn = drawer.each(batch.users_B, batch.items_B, k, score, generator)
        score_BK = score(torch.cat([batch.items_B.unsqueeze(1), drawn.item_BK], dim=1))
        return LossValue(formula(score_BK[:, 0], score_BK[:, 1:], drawn.known_BK), drawn.item_BK)

    return step


def softmax(loss: SampledSoftmax, known: Positives) -> StepLoss:
    """Sampled softmax over logits s/τ."""
    scale = 1.0 / loss.temperature

    def formula(positive_B: Tensor, negative_RK: Tensor, known_RK: Tensor, row_B: Tensor | None) -> Tensor:
        return formulas.softmax(positive_B * scale, negative_RK * scale, known_RK, row_B)

    return against_shared(loss, known, loss.normalize, formula)


def ccl(loss: CosineContrastive, known: Positives) -> StepLoss:
    """SimpleX's cosine contrastive loss."""

    def formula(positive_B: Tensor, negative_RK: Tensor, known_RK: Tensor, row_B: Tensor | None) -> Tensor:
        return formulas.ccl(positive_B, negative_RK, loss.margin, loss.negative_weight, known_RK, row_B)

    return against_shared(loss, known, True, formula)


def against_shared(
    loss: Sampled, known: Positives, cosine: bool, formula: Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
) -> StepLoss:
    """All pairs are compared with the same drawn items, of which each user's known ones are left out."""
    drawer: Drawer = loss.sampling.build(known)
    k = loss.negatives

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator) -> LossValue:
        item_K = drawer.shared(batch.items_B, k, generator)
        view = Compared(model, user_UD, item_ID, batch, known, cosine)
        negative_RK, known_RK = view.against(item_K), view.known(item_K)
        if drawer.group > 1:
            shape = (len(negative_RK), -1, drawer.group)
            negative_RK = negative_RK.masked_fill(known_RK, formulas.ABSENT).view(shape).amax(2)
            known_RK = known_RK.view(shape).all(2)
        return LossValue(formula(view.positive(), negative_RK, known_RK, view.row_B), item_K)

    return step
