"""The run directory: the product's memory. Created once, never overwritten, readable with `ls` and `cat`.

config.yaml, space.yaml, space.sha256    what was asked for, every default written out; frozen
code/                                    files of `--code`, with their hashes
environment.json, data.json              where it ran, and on which data
baselines.json, best/, test.json         what was found; `test.json` is written by `evaluate` alone
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.files import write_text
from gnas.plugins import load_kept_code


@dataclass(frozen=True)
class RunDirectory:
    """The places in a run directory. Makes nothing; see `create_run` and `open_run`."""

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
    def test(self) -> Path:
        """Every look at the test split."""
        return self.path / "test.json"

    @property
    def report(self) -> Path:
        """The report for a browser."""
        return self.path / "report.html"

    @property
    def trials(self) -> Path:
        """One tidy row a trial."""
        return self.path / "trials.parquet"


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


def open_run(path: Path) -> RunDirectory:
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


def read_json(path: Path) -> dict[str, Any]:
    """One of the run's JSON files.

    Raises:
        RunError: missing or damaged.
    """
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from None
    if not isinstance(value, dict):
        raise RunError(f"{path} is damaged: an object was expected")
    return value


def write_yaml(path: Path, tree: Mapping[str, Any]) -> None:
    """Write a tree as YAML, keys in the given order."""
    write_text(path, dump_yaml(dict(tree)))
