"""The best candidates trained again: `confirm/IDENTITY/SEED.json` for each training, and what came of all."""

from dataclasses import dataclass, field
from pathlib import Path

from gnas.errors import RunError
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import Metrics, read_record


@dataclass(frozen=True)
class FreshTraining:
    """One training on a fresh seed; `values` of the objectives are None where it failed, for `reason`."""

    number: int
    identity: str
    seed: int
    values: tuple[float, ...] | None
    epochs: int
    wall_s: float
    metrics: Metrics = field(default_factory=dict)
    best_epoch: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Confirmed:
    """A candidate after confirmation, values of the first objective that is no cost.

    Attributes:
        value: of the search's own trial, for which it was chosen, hence optimistic.
        fresh: of the trainings that the search did not see, round by round; empty: it was not confirmed, or is a
            closed form on a validation part that all rounds share, which has no other value.
        mean: over `fresh` alone; `value` where there is nothing fresh.
        spread: standard deviation over the same; 0 where there is nothing to vary.
    """

    number: int
    identity: str
    value: float
    fresh: tuple[float, ...]
    mean: float
    spread: float


@dataclass(frozen=True)
class Confirmation:
    """What training the best again came to.

    Attributes:
        ranking: the candidates, the winner first.
        separated: whether a t test over rounds, or a bootstrap over users, tells the winner from the second at 5 %;
            None: neither.
    """

    ranking: tuple[Confirmed, ...]
    p_value: float | None = None
    separated: bool | None = None

    @property
    def winner(self) -> Confirmed:
        """Who won."""
        return self.ranking[0]

    @property
    def second(self) -> Confirmed | None:
        """Who came second; None where the winner was alone."""
        return self.ranking[1] if len(self.ranking) > 1 else None


def read_fresh(path: Path) -> FreshTraining:
    """The record of a training on a fresh seed. Raises `RunError` where the file is damaged."""
    return read_record(FreshTraining, path, "remove it, and `gnas search --resume` trains that candidate again")


def fresh_trainings(run: RunDirectory, identity: str) -> list[FreshTraining]:
    """All trainings of a candidate on fresh seeds."""
    return [read_fresh(path) for path in sorted((run.path / "confirm" / identity).glob("*.json"))]


def confirmed_epochs(run: RunDirectory) -> int:
    """Epochs that confirmation has trained so far."""
    return sum(read_fresh(path).epochs for path in run.path.glob("confirm/*/*.json"))


def drop_damaged(run: RunDirectory) -> list[str]:
    """Remove damaged files, so that their trainings are done again; a sentence for each."""
    notes = []
    for path in sorted(run.path.glob("confirm/*/*.json")):
        try:
            read_fresh(path)
        except RunError:
            path.unlink()
            notes.append(f"{path.relative_to(run.path)} was damaged and is removed: that candidate is trained again")
    return notes
