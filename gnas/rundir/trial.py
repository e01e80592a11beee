"""`trials/NNNN/`: the architecture of a trial, its epochs and its outcome."""

from dataclasses import dataclass, field, replace
from typing import Literal

from gnas.config.architecture import Architecture
from gnas.config.load import load_architecture
from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.files import append_jsonl, write_text
from gnas.rundir.layout import RunDirectory, TrialFolder
from gnas.rundir.record import Metrics, Params, read_record, write_record

State = Literal["running", "complete", "pruned", "failed", "unreadable"]
"""`unreadable`: what became of it cannot be read from its damaged file; resuming the search writes that again."""


@dataclass(frozen=True)
class TrialStatus:
    """`status.json`: what became of a trial.

    Attributes:
        origin: the sampler that proposed it, or `anchor NAME`.
        values: of the objectives, at the best epoch; None before the first epoch is over, or after a failure.
        metrics: everything measured at the best epoch, costs included.
        best_epoch: counted from 1.
        epochs: how many were trained.
        reason: why it was pruned or failed, or what was special.
        within_limits: whether it keeps the limits of the search; None where it was not complete.
        duplicates: proposals before this one that had been trained already.
        params: as the space calls them.
    """

    number: int
    state: State
    origin: str = ""
    identity: str = ""
    values: tuple[float, ...] | None = None
    metrics: Metrics = field(default_factory=dict)
    best_epoch: int | None = None
    epochs: int = 0
    wall_s: float = 0.0
    reason: str | None = None
    within_limits: bool | None = None
    duplicates: int = 0
    params: Params = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("running", "unreadable")


def begin_trial(trial: TrialFolder, architecture: Architecture, status: TrialStatus) -> None:
    """Make the trial's folder, with no epochs in it: a half-done trial starts again from its first epoch."""
    write_architecture(trial, architecture)
    write_text(trial.epochs, "")
    write_record(trial.status, status)


def write_architecture(trial: TrialFolder, architecture: Architecture) -> None:
    """Write `architecture.yaml`."""
    write_text(trial.architecture, dump_yaml(architecture.shown()))


def read_status(trial: TrialFolder) -> TrialStatus:
    """What became of a trial. Raises `RunError` where the file is missing or damaged."""
    return read_record(TrialStatus, trial.status, f"`gnas search --resume {trial.run}` writes it again")


def read_statuses(run: RunDirectory) -> list[TrialStatus]:
    """All trials in order. One that a crash left half-done is `running`, one with a damaged file `unreadable`."""
    return [known_status(TrialFolder(path.parent)) for path in sorted(run.path.glob("trials/*/status.json"))]


def known_status(trial: TrialFolder) -> TrialStatus:
    """What became of a trial, `unreadable` where its file is missing or damaged."""
    try:
        return replace(read_status(trial), number=trial.number)
    except RunError as error:
        return TrialStatus(trial.number, "unreadable", reason=str(error))


def is_ended(trial: TrialFolder) -> bool:
    """Whether the trial's status says that it is over; a missing or damaged one does not."""
    return trial.status.exists() and known_status(trial).ended


def read_architecture(trial: TrialFolder) -> Architecture:
    """What the trial trained.

    Raises:
        ConfigError: `architecture.yaml` is missing or damaged.
    """
    return load_architecture(str(trial.architecture))


def record_epoch(trial: TrialFolder, epoch: int, loss: float, metrics: Metrics, wall_s: float) -> None:
    """Append one epoch to the trial's curve."""
    append_jsonl(trial.epochs, {"epoch": epoch, "loss": loss, **metrics, "wall_s": round(wall_s, 3)})


def epochs_recorded(trial: TrialFolder) -> int:
    """Epochs that the trial has trained, as its curve says."""
    return trial.epochs.read_bytes().count(b"\n") if trial.epochs.exists() else 0


def trials_with_models(run: RunDirectory) -> list[TrialFolder]:
    """The trials whose models are kept, in order."""
    return [TrialFolder(path.parent) for path in sorted(run.path.glob(f"trials/*/{run.model.name}"))]
