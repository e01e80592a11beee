"""The outcome of a trial; the only reader of Optuna trials."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from gnas.config.architecture import Architecture
from gnas.search.objectives import Objectives
from gnas.search.pareto import layers, standing

State = Literal["running", "complete", "pruned", "failed"]

START = "gnas:start"
CURVE = "gnas:curve"
RESULT = "gnas:result"
"""Keys of Optuna user attributes: what is known when a trial starts, on its way, at its end."""


T = TypeVar("T")
K = TypeVar("K")


def first_of_each(ordered: Iterable[T], key: Callable[[T], K]) -> dict[K, T]:
    """The first of each key, in the order given."""
    found: dict[K, T] = {}
    for one in ordered:
        found.setdefault(key(one), one)
    return found


@dataclass(frozen=True)
class Outcome:
    """One trial.

    Attributes:
        values: of the objectives, at the best epoch; None before the first epoch is over, or after a failure.
        metrics: everything measured at the best epoch, costs included.
        best_epoch: which it was, counted from 1.
        epochs: how many were trained.
        reason: why it was pruned or failed, or what was special.
        origin: the sampler that proposed it, or `anchor NAME`.
        curve: percent of its own training → best values by then, wherever it was validated.
        excess: for each limit by how much it is passed; zero or less where it is kept.
        duplicates: proposals before this one that were answered from the ledger.
        attrs: what the Optuna sampler keeps with a trial.
    """

    number: int
    identity: str
    state: State
    origin: str
    params: Mapping[str, Any]
    architecture: Architecture
    distributions: Mapping[str, BaseDistribution]
    values: tuple[float, ...] | None = None
    metrics: Mapping[str, float] | None = None
    best_epoch: int | None = None
    epochs: int = 0
    wall_s: float = 0.0
    reason: str | None = None
    curve: Mapping[int, tuple[float, ...]] | None = None
    excess: Mapping[str, float] | None = None
    duplicates: int = 0
    attrs: Mapping[str, Any] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state != "running"

    @property
    def total_excess(self) -> float:
        """Sum of what passes the limits; 0 where all are kept."""
        return sum(max(0.0, by) for by in (self.excess or {}).values())


def outcome_of(trial: FrozenTrial) -> Outcome:
    """Read an Optuna trial that the ledger wrote."""
    start = trial.user_attrs[START]
    result = trial.user_attrs.get(RESULT, {}) if trial.state != TrialState.RUNNING else {}
    values = result.get("values")
    return Outcome(
        number=trial.number,
        identity=start["identity"],
        state=result.get("state", "running"),
        origin=start["origin"],
        params=dict(trial.params),
        architecture=Architecture.model_validate(result.get("architecture") or start["architecture"]),
        distributions=dict(trial.distributions),
        values=None if values is None else tuple(values),
        metrics=result.get("metrics"),
        best_epoch=result.get("best_epoch"),
        epochs=result.get("epochs", 0),
        wall_s=result.get("wall_s", 0.0),
        reason=result.get("reason"),
        curve={int(percent): tuple(found) for percent, found in trial.user_attrs.get(CURVE, {}).items()},
        excess=result.get("excess"),
        duplicates=start["duplicates"],
        attrs=start["attrs"],
    )


def ranked(outcomes: Sequence[Outcome], objectives: Objectives) -> list[Outcome]:
    """Complete trials, the best first.

    Those that keep the limits stand before those that do not, which go by how little they pass them; then by value,
    or for several objectives by Pareto layer and within it by nearness to the knee; the earlier trial among equals.
    """
    complete = [outcome for outcome in outcomes if outcome.state == "complete" and outcome.values is not None]
    gains = [objectives.gains(outcome.values or ()) for outcome in complete]
    several = len(objectives.names) > 1
    judged = [index for index, outcome in enumerate(complete) if not (several and outcome.total_excess)]
    place_of = dict(zip(judged, standing([gains[index] for index in judged]), strict=True))
    return [
        complete[index]
        for index in sorted(
            range(len(complete)),
            key=lambda i: (complete[i].total_excess, place_of.get(i, (0.0, 0.0)), complete[i].number),
        )
    ]


def pareto_front(outcomes: Sequence[Outcome], objectives: Objectives) -> list[Outcome]:
    """Complete trials within the limits that no other such trial dominates, the knee first."""
    kept = [o for o in outcomes if o.state == "complete" and o.values is not None and o.total_excess == 0]
    depths = layers([objectives.gains(outcome.values or ()) for outcome in kept])
    return ranked([outcome for outcome, depth in zip(kept, depths, strict=True) if depth == 0], objectives)
