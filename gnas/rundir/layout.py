"""The paths of a run directory. It is created once, never overwritten, and readable with `ls` and `cat`."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gnas.errors import RunError
from gnas.plugins import load_kept_code


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

    @property
    def architecture(self) -> Path:
        """What was trained."""
        return self.path / "architecture.yaml"

    @property
    def epochs(self) -> Path:
        """The curve, one JSON line an epoch."""
        return self.path / "epochs.jsonl"

    @property
    def status(self) -> Path:
        """What became of it."""
        return self.path / "status.json"

    @property
    def error(self) -> Path:
        """The traceback of a failure."""
        return self.path / "error.txt"

    @property
    def model(self) -> Path:
        """The tensors, while the trial is among the best."""
        return self.path / "model.safetensors"

    @property
    def owner(self) -> Path:
        """The id of the session that trains it."""
        return self.path / "owner"


@dataclass(frozen=True)
class RunDirectory:
    """The places in a run directory. Makes nothing; see `create_run` and `open_directory`."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def space(self) -> Path:
        """The search space as it was searched, reuse and overrides applied."""
        return self.path / "space.yaml"

    @property
    def space_hash(self) -> Path:
        """SHA-256 of `space.yaml`, as `sha256sum -c` reads it."""
        return self.path / "space.sha256"

    @property
    def environment(self) -> Path:
        """Versions, device, git state, command and seed."""
        return self.path / "environment.json"

    @property
    def data(self) -> Path:
        """Counts, fingerprint and the cleaning report."""
        return self.path / "data.json"

    @property
    def baselines(self) -> Path:
        """Validation figures of every baseline."""
        return self.path / "baselines.json"

    @property
    def trials(self) -> Path:
        """One tidy row a trial."""
        return self.path / "trials.parquet"

    @property
    def trials_csv(self) -> Path:
        """The same for a spreadsheet."""
        return self.path / "trials.csv"

    def trial(self, number: int) -> TrialFolder:
        """Where everything about a trial stands."""
        return TrialFolder(self.path / "trials" / f"{number:04d}")

    def confirm(self, identity: str, seed: int) -> Path:
        """What a candidate came to on a fresh seed."""
        return self.path / "confirm" / identity / f"{seed}.json"

    @property
    def pareto(self) -> Path:
        """The Pareto front of a search with several objectives."""
        return self.path / "pareto.json"

    @property
    def best(self) -> Path:
        """The folder of the best model."""
        return self.path / "best"

    @property
    def architecture(self) -> Path:
        """The best architecture."""
        return self.best / "architecture.yaml"

    @property
    def model(self) -> Path:
        """The best model's tensors."""
        return self.best / "model.safetensors"

    @property
    def metrics(self) -> Path:
        """The best model's validation figures, and the identity of its architecture."""
        return self.best / "metrics.json"

    @property
    def ensemble(self) -> Path:
        """What the confirmed candidates come to together, where `search.ensemble` asked for it."""
        return self.best / "ensemble.json"

    @property
    def ensemble_architecture(self) -> Path:
        """The same as an architecture, a blend."""
        return self.best / "ensemble.yaml"

    @property
    def ensemble_model(self) -> Path:
        """The tensors of that blend."""
        return self.best / "ensemble.safetensors"

    @property
    def test(self) -> Path:
        """Every look at the test split."""
        return self.path / "test.json"

    @property
    def fork(self) -> Path:
        """What was taken from the run that this one was forked from."""
        return self.path / "fork.json"

    @property
    def finetuning(self) -> Path:
        """What fine-tuning an encoder came to."""
        return self.path / "finetuning.json"

    @property
    def encoder(self) -> Path:
        """The fine-tuned encoder."""
        return self.path / "encoder"

    @property
    def journal(self) -> Path:
        """Every trial as the search knows it, unless a database holds them."""
        return self.path / "study.journal"

    @property
    def study(self) -> Path:
        """The name under which a database holds the trials."""
        return self.path / "study.json"

    @property
    def sessions(self) -> Path:
        """Who has worked on the run, and the locks of who does."""
        return self.path / "sessions"

    @property
    def log(self) -> Path:
        """What happened, one JSON line an event."""
        return self.path / "log.jsonl"

    @property
    def report(self) -> Path:
        """The report for a browser."""
        return self.path / "report.html"


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
