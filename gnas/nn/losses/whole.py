"""Losses that need no negatives: over all pairs, and over ratings."""

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.config.losses import MSE, AllPairs
from gnas.nn.losses import formulas
from gnas.nn.losses.step import Batch, LossValue, StepLoss
from gnas.nn.model import Candidate
from gnas.nn.positives import Positives


def all_pairs(loss: AllPairs, known: Positives) -> StepLoss:
    """The squared loss over all user-item pairs."""
    weight_I = None
    if loss.popularity:
        weight_I = known.degree_I.clamp(min=1).float() ** loss.popularity
        weight_I = weight_I / weight_I.mean()
    if bool((known.offered_I == 0).any()):
        weight_I = known.offered_I.float() * (1.0 if weight_I is None else weight_I)

    def step(
        model: Candidate,
        user_UD: Tensor,
        item_ID: Tensor,
        _batch: Batch,
        _generator: torch.Generator,
    ) -> LossValue:
        positive_E = model.edge_scores(user_UD, item_ID)
        return LossValue(formulas.all_pairs(positive_E, user_UD, item_ID, loss.negative_weight, weight_I))

    return step


def mse(_loss: MSE, _known: Positives) -> StepLoss:
    """The squared error of ratings."""

    def step(
        model: Candidate,
        user_UD: Tensor,
        item_ID: Tensor,
        batch: Batch,
        _generator: torch.Generator,
    ) -> LossValue:
        assert batch.rating_B is not None
        i_B1D = embedding(batch.items_B, item_ID).unsqueeze(1)
        score_B = model.pair_scores(embedding(batch.users_B, user_UD), i_B1D)[:, 0].float()
        return LossValue(formulas.mse(score_B, batch.rating_B))

    return step
