"""From a configured loss to the loss of one training step: what is gathered, drawn and masked for each formula."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn.functional import embedding, normalize

from gnas.config.objective import (
    BCE,
    BPR,
    MSE,
    AllPairs,
    CosineContrastive,
    DirectAU,
    InBatchSoftmax,
    Loss,
    Sampled,
    SampledSoftmax,
)
from gnas.nn import losses
from gnas.nn.model import Candidate
from gnas.nn.negatives import build_sampler
from gnas.nn.positives import Positives
from gnas.registry import Registry

MAX_COLUMNS = 2048
"""Items, or nodes, of a batch that are compared with all others of it; of a larger batch, so many are taken."""
MAX_SPREAD = 1024
"""Nodes of a batch whose mutual distances DirectAU measures."""
MAX_PAIRS = 2**25
"""Bound on the matrix of users and the items of their batch."""


@dataclass(frozen=True)
class Batch:
    """The positives of one step, in random order; or all interactions of the graph in its own order (`full`).

    Shapes: `users_B`, `items_B` int64 [B]; `rating_B` float32 [B] or None. `n_known` is the number of train items of
    `users_B` together, each user counted as often as it stands there.
    """

    users_B: Tensor
    items_B: Tensor
    rating_B: Tensor | None
    n_known: int
    full: bool


class Outcome(NamedTuple):
    """The loss of a step, and the items [any shape] that stood in it beside the positives, if any."""

    loss: Tensor
    negatives: Tensor | None = None


class Objective(Protocol):
    """The loss of one step from the propagated embeddings."""

    def __call__(
        self, model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator
    ) -> Outcome:
        """Draw what is needed from `generator`, and compute."""
        ...


OBJECTIVES: Registry[Callable[[Loss, Positives], Objective]] = Registry("loss")


def build_objective(loss: Loss, known: Positives) -> Objective:
    """What `loss` means for a step, with `known` the positives that no negative may be."""
    return OBJECTIVES[loss.kind](loss, known)


@OBJECTIVES.register(BPR.kind)
def _bpr(loss: Loss, known: Positives) -> Objective:
    return _against_own(loss, known, losses.bpr)


@OBJECTIVES.register(BCE.kind)
def _bce(loss: Loss, known: Positives) -> Objective:
    return _against_own(loss, known, losses.bce)


def _against_own(loss: Loss, known: Positives, formula: Callable[[Tensor, Tensor, Tensor | None], Tensor]) -> Objective:
    """Every pair has negatives of its own."""
    assert isinstance(loss, Sampled)
    sampler, k = build_sampler(loss.sampling, known), loss.negatives

    def objective(
        model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator
    ) -> Outcome:
        u_BD = embedding(batch.users_B, user_UD)

        def score(item_BK: Tensor) -> Tensor:
            return model.pair_scores(u_BD, embedding(item_BK, item_ID)).float()

        drawn = sampler.each(batch.users_B, batch.items_B, k, score, generator)
        score_BK = score(torch.cat([batch.items_B.unsqueeze(1), drawn.item_BK], dim=1))
        return Outcome(formula(score_BK[:, 0], score_BK[:, 1:], drawn.known_BK), drawn.item_BK)

    return objective


@OBJECTIVES.register(SampledSoftmax.kind)
def _softmax(loss: Loss, known: Positives) -> Objective:
    assert isinstance(loss, SampledSoftmax)
    scale = 1.0 / loss.temperature

    def formula(positive_B: Tensor, negative_RK: Tensor, known_RK: Tensor, row_B: Tensor | None) -> Tensor:
        return losses.softmax(positive_B * scale, negative_RK * scale, known_RK, row_B)

    return _against_shared(loss, known, loss.normalize, formula)


@OBJECTIVES.register(CosineContrastive.kind)
def _ccl(loss: Loss, known: Positives) -> Objective:
    assert isinstance(loss, CosineContrastive)

    def formula(positive_B: Tensor, negative_RK: Tensor, known_RK: Tensor, row_B: Tensor | None) -> Tensor:
        return losses.ccl(positive_B, negative_RK, loss.margin, loss.negative_weight, known_RK, row_B)

    return _against_shared(loss, known, True, formula)


def _against_shared(
    loss: Loss, known: Positives, cosine: bool, formula: Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
) -> Objective:
    """All pairs are compared with the same drawn items, of which each user's known ones are left out."""
    assert isinstance(loss, Sampled)
    sampler, k = build_sampler(loss.sampling, known), loss.negatives

    def objective(
        model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator
    ) -> Outcome:
        item_K = sampler.shared(batch.items_B, k, generator)
        view = _View(model, user_UD, item_ID, batch, known, cosine)
        negative_RK, known_RK = view.against(item_K), view.known(item_K)
        if sampler.group > 1:
            shape = (len(negative_RK), -1, sampler.group)
            negative_RK = negative_RK.masked_fill(known_RK, losses.ABSENT).view(shape).amax(2)
            known_RK = known_RK.view(shape).all(2)
        return Outcome(formula(view.positive(), negative_RK, known_RK, view.row_B), item_K)

    return objective


@OBJECTIVES.register(InBatchSoftmax.kind)
def _in_batch_softmax(loss: Loss, known: Positives) -> Objective:
    assert isinstance(loss, InBatchSoftmax)
    scale = 1.0 / loss.temperature
    log_share_I = (known.degree_I.clamp(min=1).double() / max(known.taken.nnz, 1)).log().float() * loss.correction

    def objective(
        model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator
    ) -> Outcome:
        view = _View(model, user_UD, item_ID, batch, known, loss.normalize)
        n_columns = min(MAX_COLUMNS, max(64, MAX_PAIRS // max(view.n_rows * view.width, 1)))
        item_K = _some(batch, batch.items_B, n_columns, generator)
        positive_B = view.positive() * scale - log_share_I[batch.items_B]
        negative_RK = view.against(item_K) * scale - log_share_I[item_K]
        return Outcome(losses.softmax(positive_B, negative_RK, view.known(item_K), view.row_B))

    return objective


@OBJECTIVES.register(DirectAU.kind)
def _directau(loss: Loss, known: Positives) -> Objective:
    assert isinstance(loss, DirectAU)

    def objective(
        model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, generator: torch.Generator
    ) -> Outcome:
        view = _View(model, user_UD, item_ID, batch, known, True)
        place_M = _some(batch, torch.arange(len(batch.users_B), device=user_UD.device), MAX_SPREAD, generator)
        spread = [
            losses.uniformity(normalize(embedding(node_M, x_ND), dim=1), node_M)
            for node_M, x_ND in ((batch.users_B[place_M], user_UD), (batch.items_B[place_M], item_ID))
        ]
        return Outcome(losses.alignment(view.positive()) + loss.gamma * (spread[0] + spread[1]) / 2)

    return objective


@OBJECTIVES.register(AllPairs.kind)
def _all_pairs(loss: Loss, known: Positives) -> Objective:
    assert isinstance(loss, AllPairs)
    weight_I = None
    if loss.popularity:
        weight_I = known.degree_I.clamp(min=1).float() ** loss.popularity
        weight_I = weight_I / weight_I.mean()
    if bool((known.offered_I == 0).any()):
        weight_I = known.offered_I.float() * (1.0 if weight_I is None else weight_I)

    def objective(
        model: Candidate,
        user_UD: Tensor,
        item_ID: Tensor,
        batch: Batch,  # noqa: ARG001
        generator: torch.Generator,  # noqa: ARG001
    ) -> Outcome:
        positive_E = model.edge_scores(user_UD, item_ID)
        return Outcome(losses.all_pairs(positive_E, user_UD, item_ID, loss.negative_weight, weight_I))

    return objective


@OBJECTIVES.register(MSE.kind)
def _mse(loss: Loss, known: Positives) -> Objective:  # noqa: ARG001
    def objective(
        model: Candidate,
        user_UD: Tensor,
        item_ID: Tensor,
        batch: Batch,
        generator: torch.Generator,  # noqa: ARG001
    ) -> Outcome:
        assert batch.rating_B is not None
        i_B1D = embedding(batch.items_B, item_ID).unsqueeze(1)
        score_B = model.pair_scores(embedding(batch.users_B, user_UD), i_B1D)[:, 0].float()
        return Outcome(losses.mse(score_B, batch.rating_B))

    return objective


class _View:
    """The positives of a step against items given once for all users, a row for each user that differs.

    Where the batch holds every interaction, a row stands for a user and `row_B` for the pairs' users; else a row is a
    pair and `row_B` None. With `cosine`, scores are those of unit vectors; a learned scorer keeps its own, which
    nothing else would train, brought into −1…1.
    """

    def __init__(
        self, model: Candidate, user_UD: Tensor, item_ID: Tensor, batch: Batch, known: Positives, cosine: bool
    ) -> None:
        self.model, self.batch, self.positives = model, batch, known
        self.learned = any(True for _ in model.scorer.parameters())
        self.squash = cosine and self.learned
        self.unit = cosine and not self.learned
        self.width = 16 if self.learned else 1
        every = batch.full or len(batch.users_B) > len(user_UD)
        self.row_B = batch.users_B if every else None
        self.users_R = torch.arange(len(user_UD), device=user_UD.device) if every else batch.users_B
        self.n_known = known.taken.nnz if every else batch.n_known
        self.n_rows = len(self.users_R)
        self.user_UD, self.item_ID = user_UD, item_ID
        self.u_RD = self._scaled(user_UD if every else embedding(batch.users_B, user_UD))

    def positive(self) -> Tensor:
        """Scores of the positives [B]."""
        batch = self.batch
        if batch.full and self.unit:
            pairs = self.model.graph.user_item
            return pairs.sampled_dot(self.u_RD, self._scaled(self.item_ID))
        if batch.full:
            return self._squashed(self.model.edge_scores(self.user_UD, self.item_ID))
        u_BD = self.u_RD if self.row_B is None else embedding(batch.users_B, self.u_RD)
        i_BD = self._scaled(embedding(batch.items_B, self.item_ID))
        if self.unit:
            return (u_BD * i_BD).sum(1)
        return self._squashed(self.model.pair_scores(u_BD, i_BD.unsqueeze(1))[:, 0].float())

    def against(self, item_K: Tensor) -> Tensor:
        """Scores of every row with every item [R, K]."""
        i_KD = self._scaled(embedding(item_K, self.item_ID))
        score_RK = self.u_RD @ i_KD.t() if self.unit else self._squashed(self.model.scorer.all(self.u_RD, i_KD))
        return score_RK.float()

    def known(self, item_K: Tensor) -> Tensor:
        """Which of the items each row's user knows: bool [R, K]."""
        return self.positives.taken.mask(self.users_R, item_K, self.n_known)

    def _scaled(self, x_ND: Tensor) -> Tensor:
        return normalize(x_ND, dim=1) if self.unit else x_ND

    def _squashed(self, score: Tensor) -> Tensor:
        return score.tanh() if self.squash else score


def _some(batch: Batch, value_B: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """At most n elements of a column of the batch, which is in random order unless it is full."""
    if len(value_B) <= n:
        return value_B
    if not batch.full:
        return value_B[:n]
    return value_B[torch.randint(len(value_B), (n,), device=value_B.device, generator=generator)]
