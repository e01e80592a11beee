"""The events of a search."""

from dataclasses import dataclass, field

from gnas.config.architecture import Architecture
from gnas.events import Note
from gnas.rundir.confirm import Confirmation, Confirmed
from gnas.search.outcome import Outcome
from gnas.train.loop import Epoch


@dataclass(frozen=True)
class TrialStarted:
    """A candidate is about to be trained."""

    number: int
    architecture: Architecture
    origin: str


@dataclass(frozen=True)
class EpochDone:
    """One epoch of a trial or, with `confirming`, of a training on a fresh seed, is over."""

    number: int
    epoch: Epoch
    confirming: bool = False


@dataclass(frozen=True)
class TrialEnded:
    """A trial is over and recorded."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class ConfirmStarted:
    """The best candidates are about to be trained again, `seeds` times each."""

    numbers: tuple[int, ...]
    seeds: int


@dataclass(frozen=True)
class ConfirmEnded:
    """The candidates in the order of their means, the winner first."""

    ranking: tuple[Confirmed, ...]


END_REASONS = {
    "trials": "the trials are used up",
    "timeout": "the time ran out",
    "epochs": "the epochs ran out",
    "exhausted": "every candidate of the space was trained",
    "failures": "too many trials failed in a row",
    "stopped": "you stopped it",
}
"""Why a search ends, in words. One that was stopped can go on."""


@dataclass(frozen=True)
class SearchEnded:
    """The search is over.

    Attributes:
        reason: one of `END_REASONS`.
        best: the candidates that were confirmed, the winner first; the winner alone where none were; None where no
            trial was completed.
        front: numbers of the Pareto-optimal trials, for several objectives.
        knee: the number of the front's knee point.
        failures: reasons of failed trials and how often each occurred.
    """

    reason: str
    best: Confirmation | None
    front: tuple[int, ...] = ()
    knee: int | None = None
    failures: dict[str, int] = field(default_factory=dict)


Event = TrialStarted | EpochDone | TrialEnded | Note | ConfirmStarted | ConfirmEnded | SearchEnded
