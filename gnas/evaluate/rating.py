"""Measuring rating prediction on held-out ratings."""

import numpy as np
import torch
from torch import Tensor

from gnas.data.interactions import Interactions
from gnas.errors import DataError, TrialFailed
from gnas.evaluate.evaluator import Evaluation
from gnas.evaluate.ranking import block_rows
from gnas.metrics import METRICS, RatingMetric
from gnas.nn.recommender import Recommender


class RatingEvaluator:
    """Compares predicted with held-out ratings; built once, called for every candidate and epoch.

    `metrics` are over all held-out ratings; `per_user` holds each user's own errors, whose mean differs from the
    former where users have different numbers of ratings.

    Args:
        target: held-out interactions with ratings.
        device: of the recommenders.
        memory_mib: bound on a block of scores.

    Raises:
        DataError: there are no held-out ratings.
    """

    def __init__(self, target: Interactions, device: torch.device, memory_mib: int = 512) -> None:
        if target.rating is None or not len(target):
            raise DataError("rating prediction is measured on held-out ratings, but there are none")
        order = np.argsort(target.user, kind="stable")
        self.users, row = np.unique(target.user[order], return_inverse=True)
        self.device = device
        self._rows = block_rows(target.n_items, device, memory_mib)
        self._start = np.searchsorted(row, np.arange(len(self.users) + 1))
        self._users_U = torch.from_numpy(self.users).to(device)
        self._row_E = torch.from_numpy(row).to(device)
        self._item_E = torch.from_numpy(target.item[order]).to(device)
        self._rating_E = torch.from_numpy(target.rating[order]).to(device)

    @torch.no_grad()
    def __call__(self, recommender: Recommender) -> Evaluation:
        """Measure `recommender`, whose scores are ratings.

        Raises:
            TrialFailed: a predicted rating is not finite.
        """
        error_E = torch.cat([self._errors(recommender, first) for first in range(0, len(self.users), self._rows)])
        if not error_E.isfinite().all():
            raise TrialFailed("a predicted rating is not finite (NaN or infinity); the model has diverged")
        known = {name: metric for name, metric in METRICS.items() if isinstance(metric, RatingMetric)}
        metrics = {name: float(metric.compute(error_E.double(), Tensor.mean)) for name, metric in known.items()}
        per_user = {name: metric.compute(error_E, self._user_mean).cpu().numpy() for name, metric in known.items()}
        return Evaluation(metrics, per_user, self.users)

    def _errors(self, recommender: Recommender, first: int) -> Tensor:
        """Predicted minus given, for the held-out ratings of one block of users."""
        last = min(first + self._rows, len(self.users))
        part = slice(self._start[first], self._start[last])
        score_BI = recommender.score(self._users_U[first:last])
        return score_BI[self._row_E[part] - first, self._item_E[part]].float() - self._rating_E[part]

    def _user_mean(self, value_E: Tensor) -> Tensor:
        total_U = torch.zeros(len(self.users), dtype=torch.float64, device=self.device)
        count_U = torch.from_numpy(np.diff(self._start)).to(self.device)
        return total_U.index_add_(0, self._row_E, value_E.double()) / count_U
