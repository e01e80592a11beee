"""Measuring a recommender: full ranking of all unseen items, every metric at every cut-off from one pass."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.evaluate import beyond
from gnas.evaluate.diversity import audiences, diversity
from gnas.evaluate.metrics import auc, ranking_metrics
from gnas.evaluate.ranking import TieBreaker, UserItems, best_items, block_rows, masked_blocks, user_items
from gnas.nn.recommender import Recommender
from gnas.rng import numpy_rng

CHEAP = ("coverage", "gini", "novelty", "popularity")
"""What is measured beside accuracy unless asked otherwise: it costs next to nothing."""
EXTRAS = (*CHEAP, "diversity", "auc")
"""Everything that can be asked for: `diversity` counts shared users of items, `auc` sorts every row of scores."""


@dataclass(frozen=True)
class Evaluation:
    """What came out: `metrics` over all users ("ndcg@20": …), `per_user` the values behind the means.

    `users` int64 [U] are the evaluated users, in rising order; `per_user` arrays float64 [U] stand in their order.
    """

    metrics: dict[str, float]
    per_user: dict[str, np.ndarray]
    users: np.ndarray
    wall_s: float


class Measure(Protocol):
    """Anything that turns a recommender into an `Evaluation`: `Evaluator` or `RatingEvaluator`."""

    def __call__(self, recommender: Recommender) -> Evaluation:
        """Measure `recommender`."""
        ...


class Evaluator:
    """Ranks all unseen items for every user with held-out ones; built once, called for every candidate and epoch.

    Args:
        target: held-out interactions; users without any are not evaluated.
        seen: interactions whose items are left out of the ranking; the first of several is the train part, which
            popularity is counted on.
        cutoffs: K of the metrics.
        seed: breaks ties and draws the subset.
        device: of the recommenders.
        memory_mib: bound on a block of scores and what is computed from it.
        extras: metrics beside accuracy, of `EXTRAS`.
        limit_users: evaluate a random subset of so many users.
        offered: the only items that are ranked, int64; None: all.

    Raises:
        DataError: there are no held-out interactions.
    """

    def __init__(
        self,
        target: Interactions,
        seen: Interactions | Sequence[Interactions],
        cutoffs: Sequence[int],
        seed: int,
        device: torch.device,
        memory_mib: int = 512,
        *,
        extras: Collection[str] = CHEAP,
        limit_users: int | None = None,
        offered: np.ndarray | None = None,
    ) -> None:
        if not len(target):
            raise DataError("there are no held-out interactions to evaluate on; set aside a larger share")
        if unknown := set(extras) - set(EXTRAS):
            raise ValueError(f"{sorted(unknown)} cannot be measured; known: {EXTRAS}")
        parts = [seen] if isinstance(seen, Interactions) else list(seen)
        self.cutoffs = sorted(set(cutoffs))
        self.extras = tuple(name for name in EXTRAS if name in extras)
        self.users = _chosen(np.unique(target.user), limit_users, seed)
        self.n_items = target.n_items
        self.memory_mib = memory_mib
        self.device = device
        self._users_U = torch.from_numpy(self.users).to(device)
        self._left_out_I = None if offered is None else _all_but(offered, self.n_items).to(device)
        self._seen = user_items(parts, self.users, self.n_items, device)
        self._target = user_items([target], self.users, self.n_items, device)
        self._n_target_U = self._target.counts()
        self._ties = TieBreaker(self.n_items, len(self.users), seed, device)
        self._train = (
            parts[0] if parts else Interactions(target.user[:0], target.item[:0], target.n_users, self.n_items)
        )
        pairs = np.unique(self._train.user.astype(np.int64) * self.n_items + self._train.item)
        self._train_user_E, self._train_item_E = (
            torch.from_numpy(side).to(device) for side in divmod(pairs, self.n_items)
        )
        self._degree_I = torch.bincount(self._train_item_E, minlength=self.n_items)

    def __call__(self, recommender: Recommender) -> Evaluation:
        """Measure `recommender`.

        Raises:
            TrialFailed: a score is not finite.
        """
        return self.together([recommender])[0]

    @torch.no_grad()
    def together(self, recommenders: Sequence[Recommender]) -> list[Evaluation]:
        """Measure several, all of them on one block of users before the next: what they share can be kept for a block.

        Raises:
            TrialFailed: a score is not finite.
        """
        started = time.perf_counter()
        rows = block_rows(self.n_items, self.device, self.memory_mib // max(1, len(recommenders)))
        passes = [self._pass(recommender, rows) for recommender in recommenders]
        blocks = list(zip(*passes, strict=True))
        return [self._evaluation(list(parts), started) for parts in zip(*blocks, strict=True)]

    def _pass(self, recommender: Recommender, rows: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """The best items of each block of users, and the area under the curve where it is asked for."""
        for block, score_BI, finite in masked_blocks(recommender, self._users_U, self._seen, rows):
            if self._left_out_I is not None:
                score_BI.masked_fill_(self._left_out_I, -torch.inf)
            item_BK = best_items(score_BI, finite, self.cutoffs[-1], self._ties, block)[0]
            yield item_BK, auc(score_BI, *_padded(self._target, block)) if "auc" in self.extras else None

    def _evaluation(self, blocks: list[tuple[Tensor, Tensor | None]], started: float) -> Evaluation:
        item_UK = torch.cat([item_BK for item_BK, _ in blocks])
        per_user = ranking_metrics(self._target.contains(item_UK), self._n_target_U, self.cutoffs)
        areas = [area_B for _, area_B in blocks if area_B is not None]
        if areas:
            per_user["auc"] = torch.cat(areas)
        overall = self._beyond(item_UK, per_user)
        arrays = {name: value_U.cpu().numpy() for name, value_U in per_user.items()}
        metrics = {name: mean(values) for name, values in arrays.items()} | overall
        return Evaluation(metrics, arrays, self.users, time.perf_counter() - started)

    def _beyond(self, item_UK: Tensor, per_user: dict[str, Tensor]) -> dict[str, float]:
        """Add what the lists are like to `per_user`; return what has no value per user."""
        overall = {}
        for cutoff in self.cutoffs:
            item_Uk = item_UK[:, :cutoff]
            if "coverage" in self.extras:
                overall[f"coverage@{cutoff}"] = beyond.coverage(item_Uk, self.n_items)
            if "gini" in self.extras:
                overall[f"gini@{cutoff}"] = beyond.gini(item_Uk, self.n_items)
            if "novelty" in self.extras:
                per_user[f"novelty@{cutoff}"] = beyond.novelty(item_Uk, self._degree_I, self._train.n_users)
            if "popularity" in self.extras:
                per_user[f"popularity@{cutoff}"] = beyond.popularity(item_Uk, self._degree_I)
        if "diversity" in self.extras:
            taken = audiences(self._train_user_E, self._train_item_E, self._train.n_users, self.n_items)
            for cutoff, value_U in diversity(item_UK, taken, self.cutoffs, self.memory_mib).items():
                per_user[f"diversity@{cutoff}"] = value_U
        return {name: float(value) for name, value in overall.items()}


def measured_together(measure: Measure, recommenders: Sequence[Recommender]) -> list[Evaluation]:
    """Each of `recommenders` measured; block by block in turn where `measure` can."""
    if isinstance(measure, Evaluator):
        return measure.together(recommenders)
    return [measure(recommender) for recommender in recommenders]


def mean(values: np.ndarray) -> float:
    """Mean of the users that have a value; NaN where none has."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else float("nan")


def _all_but(items: np.ndarray, n_items: int) -> Tensor:
    left_out_I = torch.ones(n_items, dtype=torch.bool)
    left_out_I[torch.from_numpy(items)] = False
    return left_out_I


def _chosen(users: np.ndarray, limit: int | None, seed: int) -> np.ndarray:
    if limit is None or limit >= len(users):
        return users.astype(np.int64)
    rng = numpy_rng(seed, "evaluated users")
    return np.sort(rng.choice(users, size=max(limit, 1), replace=False)).astype(np.int64)


def _padded(items: UserItems, block: slice) -> tuple[Tensor, Tensor]:
    """The items of a block of rows as a matrix [B, T], zeros behind each row's own, and the rows' counts [B]."""
    start = items.start[block.start : block.stop + 1]
    counts = np.diff(start)
    n_B = torch.from_numpy(counts).to(items.key_E.device)
    row_P = torch.repeat_interleave(n_B, output_size=int(counts.sum()))
    key_P = items.key_E[start[0] : start[-1]]
    place_P = torch.arange(len(key_P), device=n_B.device) - (n_B.cumsum(0) - n_B)[row_P]
    item_BT = torch.zeros((len(counts), max(int(counts.max(initial=0)), 1)), dtype=torch.int64, device=n_B.device)
    item_BT[row_P, place_P] = key_P - (row_P + block.start) * items.n_items
    return item_BT, n_B
