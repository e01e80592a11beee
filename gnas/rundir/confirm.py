"""`confirm/IDENTITY/SEED.json`: one of the best candidates, trained on a fresh seed."""

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
