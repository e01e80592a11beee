"""What a search may spend, and what it has spent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gnas.config.run import SearchConfig
from gnas.rundir.confirm import confirmed_epochs
from gnas.rundir.layout import RunDirectory
from gnas.rundir.trial import epochs_recorded
from gnas.search.outcome import Outcome

CONFIRM_SHARE = 0.2
"""Share of time and epochs kept back for training the best again."""
TRIAL_SHARE = 0.1
"""Share of the time that one trial may take: a slow candidate must not be the whole search."""


@dataclass(frozen=True)
class Budget:
    """Limits of a search; None is no limit. `spent_s`, `confirm_epochs` and `epochs_of` say what is spent."""

    trials: int | None
    timeout_s: float | None
    epochs: int | None
    reserve: float
    spent_s: Callable[[], float]
    confirm_epochs: Callable[[], int]
    epochs_of: Callable[[Outcome], int]

    def reason(self, outcomes: Sequence[Outcome]) -> str | None:
        """Why no further trial may begin, or None."""
        if self.trials is not None and len(outcomes) >= self.trials:
            return "trials"
        return self.over(outcomes)

    def over(self, outcomes: Sequence[Outcome], running_epochs: int = 0) -> str | None:
        """Why the trial that has trained `running_epochs` must end, or None."""
        if self._late(1 - self.reserve):
            return "timeout"
        if self.epochs is not None and self._epochs(outcomes) + running_epochs >= self.epochs * (1 - self.reserve):
            return "epochs"
        return None

    @property
    def trial_s(self) -> float | None:
        """Seconds that one trial may take; None without a limit."""
        return None if self.timeout_s is None else TRIAL_SHARE * self.timeout_s * (1 - self.reserve)

    def trial_over(self, wall_s: float) -> bool:
        """Whether one trial has had its share of the time."""
        return self.trial_s is not None and wall_s >= self.trial_s

    def trial_late(self, wall_s: float) -> bool:
        """Whether a trial that has taken `wall_s` must end for reasons of time."""
        return self._late(1 - self.reserve) or self.trial_over(wall_s)

    def all_late(self, wall_s: float) -> bool:  # noqa: ARG002
        """Whether a training of the confirmation must end for reasons of time, however long it has taken itself."""
        return self._late(1)

    def all_over(self, outcomes: Sequence[Outcome], running_epochs: int = 0) -> str | None:
        """Why confirmation must end, or None."""
        if self._late(1):
            return "timeout"
        if self.epochs is not None and self._epochs(outcomes) + self.confirm_epochs() + running_epochs >= self.epochs:
            return "epochs"
        return None

    def time_share(self) -> float:
        """How much of the time for trials is spent; 0 without a limit."""
        return 0.0 if self.timeout_s is None else self.spent_s() / (self.timeout_s * (1 - self.reserve))

    def _late(self, share: float) -> bool:
        return self.timeout_s is not None and self.spent_s() >= self.timeout_s * share

    def _epochs(self, outcomes: Sequence[Outcome]) -> int:
        return sum(self.epochs_of(outcome) for outcome in outcomes)


def budget_of(config: SearchConfig, run: RunDirectory, spent_s: Callable[[], float]) -> Budget:
    """The budget that a configuration sets for a run."""
    reserve = CONFIRM_SHARE if config.confirm.top else 0.0
    return Budget(
        trials=config.trial_budget,
        timeout_s=config.timeout,
        epochs=config.max_epochs_total,
        reserve=reserve,
        spent_s=spent_s,
        confirm_epochs=lambda: confirmed_epochs(run),
        epochs_of=lambda outcome: outcome.epochs if outcome.finished else epochs_recorded(run.trial(outcome.number)),
    )
