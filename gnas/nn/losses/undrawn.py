"""Losses without drawn negatives: within a batch, over all pairs, and over ratings."""

import torch
from torch import Tensor
from torch.nn.functional import embedding, normalize

from gnas.config.losses import MSE, AllPairs, DirectAU, InBatchSoftmax
from gnas.nn.losses import formulas
from gnas.nn.losses.compared import MAX_COLUMNS, Compared, some
from gnas.nn.losses.step import Batch, LossValue, StepLoss
from gnas.nn.model import Candidate
from gnas.nn.positives import Positives

MAX_SPREAD = 1024
"""Nodes of a batch whose mutual distances DirectAU measures."""
MAX_PAIRS = 2**25
"""Bound on the matrix of users and the items of their batch."""


def in_batch_softmax(loss: InBatchSoftmax, known: Positives) -> StepLoss:
    """Softmax over the items of the batch, less their popularity."""
    scale = 1.0 / loss.temperature
    log_share_I = (known.degree_I.clamp(min=1).double() / max(known.taken.nnz, 1)).log().float() * loss.correction

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator) -> LossValue:
        view = Compared(model, user_UD, item_ID, batch, known, loss.normalize)
        n_columns = min(MAX_COLUMNS, max(64, MAX_PAIRS // max(view.n_rows * view.width, 1)))
        item_K = some(batch, batch.items_B, n_columns, generator)
        positive_B = view.positive() * scale - log_share_I[batch.items_B]
        negative_RK = view.against(item_K) * scale - log_share_I[item_K]
        return LossValue(formulas.softmax(positive_B, negative_RK, view.known(item_K), view.row_B))

    return step


def directau(loss: DirectAU, known: Positives) -> StepLoss:
    """Alignment of positives, and uniformity of users and items."""

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator) -> LossValue:
        view = Compared(model, user_UD, item_ID, batch, known, True)
        place_M = some(batch, torch.arange(len(batch.users_B), device=user_UD.device), MAX_SPREAD, generator)
        spread = [
            formulas.uniformity(normalize(embedding(node_M, x_ND), dim=1), node_M)
            for node_M, x_ND in ((batch.users_B[place_M], user_UD), (batch.items_B[place_M], item_ID))
        ]
        return LossValue(formulas.alignment(view.positive()) + loss.gamma * (spread[0] + spread[1]) / 2)

    return step


def all_pairs(loss: AllPairs, known: Positives) -> StepLoss:
    """The squared loss over all user-item pairs."""
    weight_I = None
    if loss.popularity:
        weight_I = known.degree_I.clamp(min=1).float() ** loss.popularity
        weight_I = weight_I / weight_I.mean()
    if bool((known.offered_I == 0).any()):
        weight_I = known.offered_I.float() * (1.0 if weight_I is None else weight_I)

    n_taken, n_pairs = known.taken.nnz, known.n_users * known.n_items

    def weight(n_positives: Tensor | int, n_others: int) -> Tensor | float:
        """Of one of the other pairs."""
        if loss.mass is None:
            return loss.negative_weight
        return loss.mass * n_positives / max(n_others, 1)

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, _: torch.Generator) -> LossValue:
        positive_E = model.edge_scores(user_UD, item_ID)
        every = formulas.square_sum(user_UD, item_ID, weight_I)
        if model.prior is not None:
            positive_E = positive_E + model.prior.edges()
            every = every + model.prior.square_sum(user_UD, item_ID, weight_I)
        if batch.kept_E is None:
            return LossValue(formulas.all_pairs(positive_E, every, weight(n_taken, n_pairs)))
        known_E = positive_E.square() if weight_I is None else positive_E.square() * weight_I[batch.items_B]
        hidden_E = batch.kept_E == 0
        negative_weight = weight(hidden_E.sum(), n_pairs - n_taken)
        return LossValue(formulas.masked_pairs(positive_E, hidden_E, every - known_E.sum(), negative_weight))

    return step


def mse(_loss: MSE, _known: Positives) -> StepLoss:
    """The squared error of ratings."""

    def step(model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, _: torch.Generator) -> LossValue:
        assert batch.rating_B is not None
        i_B1D = embedding(batch.items_B, item_ID).unsqueeze(1)
        score_B = model.scorer.pair(embedding(batch.users_B, user_UD), i_B1D)[:, 0].float()
        return LossValue(formulas.mse(score_B, batch.rating_B))

    return step
