"""Measuring a recommender: full ranking of all unseen items, every metric at every cut-off from one pass."""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.evaluate.ranking import Ranker, items_of
from gnas.evaluate.top import TieBreaker
from gnas.graph.pattern import Pattern
from gnas.graph.relations.interactions import distinct_pairs
from gnas.metrics import METRICS, ListMetric, Lists, ScoreMetric, TrainPairs
from gnas.nn.recommender import Recommender
from gnas.rng import numpy_rng

RANKING_METRICS = (ListMetric, ScoreMetric)


def usual_metrics(*, of_groups: bool = False) -> list[str]:
    """What is measured of rankings unless asked otherwise; of groups of users it is their accuracy alone."""
    wanted = ("always",) if of_groups else ("always", "overall")
    return [name for name, metric in METRICS.items() if isinstance(metric, RANKING_METRICS) and metric.when in wanted]


@dataclass(frozen=True)
class Evaluation:
    """What came out: `metrics` over all users ("ndcg@20": …), `per_user` the values behind the means.

    `users` int64 [U] are the evaluated users, in rising order; `per_user` arrays float64 [U] stand in their order.
    """

    metrics: dict[str, float]
    per_user: dict[str, np.ndarray]
    users: np.ndarray


Measure = Callable[[Recommender], Evaluation]
"""Anything that turns a recommender into an `Evaluation`: an `Evaluator`, a `RatingEvaluator`."""


class Evaluator:
    """Ranks all unseen items for every user with held-out ones; built once, called for every candidate and epoch.

    Args:
        target: held-out interactions; users without any are not evaluated.
        seen: interactions whose items are left out of the ranking; the first of several is the train part, which
            popularity is counted on.
        cutoffs: K of the metrics.
        seed: breaks ties.
        device: of the recommenders.
        memory_mib: bound on a block of scores and what is computed from it.
        metrics: of rankings, by their names in `METRICS`; None: the usual ones.
        drawn: whether `target` is of users drawn from more, who will be measured, too.

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
        metrics: Collection[str] | None = None,
        *,
        drawn: bool = False,
    ) -> None:
        if not len(target):
            raise DataError("there are no held-out interactions to evaluate on; set aside a larger share")
        parts = [seen] if isinstance(seen, Interactions) else list(seen)
        self.cutoffs = sorted(set(cutoffs))
        named = {name: METRICS[name] for name in (usual_metrics() if metrics is None else sorted(set(metrics)))}
        self._of_lists = {name: metric for name, metric in named.items() if isinstance(metric, ListMetric)}
        self._of_scores = {name: metric for name, metric in named.items() if isinstance(metric, ScoreMetric)}
        self.users = np.unique(target.user).astype(np.int64)
        self.memory_mib, self.drawn = memory_mib, drawn
        ties = TieBreaker(target.n_items, len(self.users), seed, device)
        self._ranker = Ranker(self.users, parts, ties, memory_mib)
        self._target = items_of(self.users, [target], target.n_items, device)
        self._row_U = torch.arange(len(self.users), device=device)
        train = parts[0] if parts else target.take(np.zeros(0, dtype=np.int64))
        user_E, item_E = (torch.from_numpy(side).to(device) for side in divmod(distinct_pairs(train)[1], train.n_items))
        self._train = TrainPairs(user_E, item_E, train.n_users, train.n_items)

    def among(self, items: np.ndarray) -> "Evaluator":
        """The same, with no items ranked but these, int64."""
        other = copy(self)
        other._ranker = self._ranker.among(items)
        return other

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
        passes = [self._pass(recommender, len(recommenders)) for recommender in recommenders]
        blocks = list(zip(*passes, strict=True))
        return [self._evaluation(list(parts)) for parts in zip(*blocks, strict=True)]

    def _pass(self, recommender: Recommender, at_once: int) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
        """The best items of each block of users, and the metrics that need whole rows of scores."""
        for block in self._ranker.blocks(recommender, self.cutoffs[-1], at_once):
            wanted = _padded(self._target, self._row_U[block.rows]) if self._of_scores else ()
            found = {name: metric.compute(block.score_BI, *wanted) for name, metric in self._of_scores.items()}
            yield block.item_BK, found

    def _evaluation(self, blocks: list[tuple[Tensor, dict[str, Tensor]]]) -> Evaluation:
        item_UK = torch.cat([item_BK for item_BK, _ in blocks])
        hit_UK = self._target.contains(self._row_U, item_UK)
        lists = Lists(item_UK, hit_UK, self._target.count, self._train, self.memory_mib)
        found = {name: torch.cat([values[name] for _, values in blocks]) for name in self._of_scores}
        for name, metric in self._of_lists.items():
            found |= {f"{name}@{k}": value for k, value in metric.compute(lists, self.cutoffs).items()}
        per_user = {name: value.cpu().numpy() for name, value in found.items() if value.ndim}
        metrics = {name: mean(per_user[name]) if value.ndim else float(value) for name, value in found.items()}
        return Evaluation(metrics, per_user, self.users)


def measured_together(measure: Measure, recommenders: Sequence[Recommender]) -> list[Evaluation]:
    """Each of `recommenders` measured; block by block in turn where `measure` can."""
    if isinstance(measure, Evaluator):
        return measure.together(recommenders)
    return [measure(recommender) for recommender in recommenders]


def mean(values: np.ndarray) -> float:
    """Mean of the users that have a value; NaN where none has."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else float("nan")


def of_drawn_users(target: Interactions, limit: int, seed: int) -> Interactions:
    """The interactions of `limit` users of `target` drawn at random; all of them where it has no more."""
    users = np.unique(target.user)
    if limit >= len(users):
        return target
    drawn = numpy_rng(seed, "evaluated users").choice(users, size=limit, replace=False)
    return target.take(np.isin(target.user, drawn))


def _padded(items: Pattern, row_B: Tensor) -> tuple[Tensor, Tensor]:
    """The items of some rows as a matrix [B, T], zeros behind each row's own, and the rows' counts [B]."""
    n_B = items.count[row_B]
    at_P, entry_P = items.entries(row_B)
    item_BT = torch.zeros((len(row_B), int(n_B.max())), dtype=torch.int64, device=n_B.device)
    item_BT[at_P, entry_P - items.offsets[row_B][at_P]] = items.column[entry_P].long()
    return item_BT, n_B
