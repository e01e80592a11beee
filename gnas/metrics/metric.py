"""The kinds of metrics: what they are computed from, which way is better, when they are measured."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from gnas.errors import ConfigError
from gnas.metrics.lists import Lists
from gnas.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

Direction = Literal["maximize", "minimize"]
When = Literal["always", "overall", "asked"]
"""`always`: of all users and of each group; `overall`: of all users; `asked`: where it is an objective or a limit."""


@dataclass(frozen=True)
class Metric:
    """A figure by which recommenders are compared.

    `about`: what it is, in a sentence; `at_k`: it is written with a cut-off (`ndcg@20`); `of_ratings`: it is about
    predicted ratings, not about rankings; `is_cost`: it is about the candidate, not about what it recommends.
    """

    direction: Direction
    about: str = field(default="", kw_only=True)
    at_k: ClassVar[bool] = False
    of_ratings: ClassVar[bool] = False
    is_cost: ClassVar[bool] = False

    def gain(self, value: float) -> float:
        """`value` turned so that more is better; a sort key."""
        return value if self.direction == "maximize" else -value

    def better(self, a: float, b: float) -> bool:
        """Whether `a` is better than `b`; NaN is never better."""
        return self.gain(a) > self.gain(b)

    @property
    def worst(self) -> float:
        """What stands behind every figure."""
        return self.gain(-float("inf"))


@dataclass(frozen=True)
class ListMetric(Metric):
    """A metric of ranked lists, one figure a user and cut-off, or one figure for all lists together.

    `compute` takes the lists and the cut-offs; for each it returns float64 [U], NaN for a user without a value, or a
    scalar. What has a value for each user is reported as their mean.
    """

    compute: Callable[[Lists, Sequence[int]], "dict[int, Tensor]"]
    when: When = "asked"
    at_k: ClassVar[bool] = True


@dataclass(frozen=True)
class ScoreMetric(Metric):
    """A metric of whole rows of scores; `compute` takes what `accuracy.auc` takes, and returns float64 [B]."""

    compute: "Callable[[Tensor, Tensor, Tensor], Tensor]"
    when: When = "asked"


@dataclass(frozen=True)
class RatingMetric(Metric):
    """A metric of predicted ratings.

    `compute` takes the errors (predicted minus given) and a function that averages them: over all, or over each user's.
    """

    compute: "Callable[[Tensor, Callable[[Tensor], Tensor]], Tensor]"
    of_ratings: ClassVar[bool] = True


@dataclass(frozen=True)
class Cost(Metric):
    """What a candidate takes; measured where it is trained."""

    direction: Direction = "minimize"
    is_cost: ClassVar[bool] = True


METRICS: Registry[Metric] = Registry("metric")

# Of the candidate itself; `gnas.train.costs` measures them.
METRICS.add("parameters", Cost(about="Number of learned values."))
METRICS.add("peak_mib", Cost(about="Most memory during its training, in MiB."))
METRICS.add("train_s", Cost(about="Seconds of its training."))
METRICS.add("latency_ms", Cost(about="Milliseconds to score all items for 256 users."))


def said(function: Callable[..., object]) -> str:
    """The first paragraph of what a function says of itself."""
    return " ".join((function.__doc__ or "").partition("\n\n")[0].split())


def list_metric(
    name: str, direction: Direction, when: When = "asked"
) -> "Callable[[Callable[[Lists], Tensor]], Callable[[Lists], Tensor]]":
    """Decorator: registers a function of the lists, cut at K, as the metric `name`@K."""

    def register(function: "Callable[[Lists], Tensor]") -> "Callable[[Lists], Tensor]":
        def compute(lists: Lists, cutoffs: Sequence[int]) -> "dict[int, Tensor]":
            return {cutoff: function(lists.top(cutoff)) for cutoff in cutoffs}

        METRICS.add(name, ListMetric(direction, compute, when, about=said(function)))
        return function

    return register


def parse_metric(name: str) -> tuple[str, int | None]:
    """`ndcg@20` → (`ndcg`, 20); `rmse` → (`rmse`, None).

    Raises:
        ConfigError: unknown metric, or a cut-off missing or out of place.
    """
    stem, at, cutoff = name.partition("@")
    metric = METRICS[stem]
    if metric.at_k != bool(at):
        wanted = f"{stem}@20" if metric.at_k else stem
        raise ConfigError(f"metric {name!r}: write it {'with a cut-off, as' if metric.at_k else 'as'} {wanted}")
    if at and not re.fullmatch(r"[1-9]\d*", cutoff):
        raise ConfigError(f"metric {name!r}: the cut-off must be a positive whole number, as in {stem}@20")
    return stem, int(cutoff) if at else None


def metric_of(name: str) -> Metric:
    """The metric of a name such as `ndcg@20` or `latency_ms`.

    Raises:
        ConfigError: as for `parse_metric`.
    """
    return METRICS[parse_metric(name)[0]]
