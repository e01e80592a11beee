"""The paths of a run directory. It is created once, never overwritten, and readable with `ls` and `cat`."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gnas.errors import RunError
from gnas.plugins import load_kept_code


class _Below:
    """A place below the `path` of whoever has it."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __get__(self, owner: "TrialFolder | RunDirectory", _kind: object = None) -> Path:
        return owner.path.joinpath(*self._names)


@dataclass(frozen=True)
class TrialFolder:
    """The places in the folder of one trial, `trials/NNNN`."""

    path: Path

    @property
    def number(self) -> int:
        """The trial's number; -1 for a folder that is not named by one."""
        return int(self.path.name) if self.path.name.isdecimal() else -1

    @property
    def run(self) -> Path:
        """The run that it belongs to."""
        return self.path.parent.parent

    architecture = _Below("architecture.yaml")
    """What was trained."""
    epochs = _Below("epochs.jsonl")
    """The curve, one JSON line an epoch."""
    status = _Below("status.json")
    """What became of it."""
    error = _Below("error.txt")
    """The traceback of a failure."""
    model = _Below("model.safetensors")
    """The tensors, while the trial is among the best."""
    owner = _Below("owner")
    """The id of the session that trains it."""


@dataclass(frozen=True)
class RunDirectory:
    """The places in a run directory. Makes nothing; see `create_run` and `open_directory`."""

    path: Path

    config = _Below("config.yaml")
    """The resolved configuration."""
    space = _Below("space.yaml")
    """The search space as it was searched, reuse and overrides applied."""
    space_hash = _Below("space.sha256")
    """SHA-256 of `space.yaml`, as `sha256sum -c` reads it."""
    environment = _Below("environment.json")
    """Versions, device, git state, command and seed."""
    data = _Below("data.json")
    """Counts, fingerprint and the cleaning report."""
    baselines = _Below("baselines.json")
    """Validation figures of every baseline."""
    trials = _Below("trials.parquet")
    """One tidy row a trial."""
    trials_csv = _Below("trials.csv")
    """The same for a spreadsheet."""

    def trial(self, number: int) -> TrialFolder:
        """Where everything about a trial stands."""
        return TrialFolder(self.path / "trials" / f"{number:04d}")

    def confirm(self, identity: str, seed: int) -> Path:
        """What a candidate came to on a fresh seed."""
        return self.path / "confirm" / identity / f"{seed}.json"

    pareto = _Below("pareto.json")
    """The Pareto front of a search with several objectives."""
    best = _Below("best")
    """The folder of the best model."""
    architecture = _Below("best", "architecture.yaml")
    """The best architecture."""
    model = _Below("best", "model.safetensors")
    """The best model's tensors."""
    metrics = _Below("best", "metrics.json")
    """The best model's validation figures, and the identity of its architecture."""
    ensemble = _Below("best", "ensemble.json")
    """What the confirmed candidates come to together, where an ensemble was chosen."""
    ensemble_architecture = _Below("best", "ensemble.yaml")
    """The same as an architecture, a blend."""
    ensemble_model = _Below("best", "ensemble.safetensors")
    """The tensors of that blend."""
    test = _Below("test.json")
    """Every look at the test split."""
    fork = _Below("fork.json")
    """What was taken from the run that this one was forked from."""
    finetuning = _Below("finetuning.json")
    """What fine-tuning an encoder came to."""
    encoder = _Below("encoder")
    """The fine-tuned encoder."""
    journal = _Below("study.journal")
    """Every trial as the search knows it, unless a database holds them."""
    study = _Below("study.json")
    """The name under which a database holds the trials."""
    sessions = _Below("sessions")
    """Who has worked on the run, and the locks of who does."""
    log = _Below("log.jsonl")
    """What happened, one JSON line an event."""
    report = _Below("report.html")
    """The report for a browser."""


def default_path(data: str, space: str, now: datetime) -> Path:
    """`runs/<YYYYmmdd-HHMMSS>-<data>-<space>` under the current directory."""
    words = [re.sub(r"[^A-Za-z0-9_.]+", "-", word).strip("-.") or "data" for word in (data, space)]
    return Path("runs") / "-".join([now.strftime("%Y%m%d-%H%M%S"), *words])


def create_run(path: Path) -> RunDirectory:
    """Make the folder of a new run.

    Raises:
        RunError: the folder exists and is not empty, or cannot be written.
    """
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; give --out a new folder")
    if path.is_dir() and any(path.iterdir()):
        raise RunError(
            f"{path} exists and is not empty; give --out a new folder, or go on with `gnas search --resume {path}`"
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"cannot make the run directory {path}: {error.strerror}; give --out a writable folder"
        ) from None
    require_writable(path)
    return RunDirectory(path)


def create_default_run(data: str, space: str) -> RunDirectory:
    """A new folder under `runs/`; a second run of the same second gets `-2`."""
    first = default_path(data, space, datetime.now())
    path, number = first, 2
    while path.exists():
        path, number = first.with_name(f"{first.name}-{number}"), number + 1
    return create_run(path)


def discard_if_empty(run: RunDirectory) -> None:
    """Remove the folder of a run that came to nothing, such as one whose data could not be read."""
    if run.path.is_dir() and not any(run.path.iterdir()):
        run.path.rmdir()


def open_directory(path: Path) -> RunDirectory:
    """The run directory at `path`; the code that it keeps is imported.

    Raises:
        RunError: nothing is there, or it is not a run directory. PluginError: its code cannot be imported.
    """
    if not path.exists():
        raise RunError(f"no run directory at {path}")
    if not (path / "config.yaml").is_file() or not (path / "data.json").is_file():
        raise RunError(f"{path} is not a run directory: config.yaml or data.json is missing")
    load_kept_code(path)
    return RunDirectory(path)


def require_writable(path: Path) -> None:
    """Raise `RunError` where files cannot be written, before work is spent on it."""
    probe = path / f".probe.{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise RunError(
            f"cannot write into {path}: {error.strerror}; give --out a writable folder, or change its permissions"
        ) from None
