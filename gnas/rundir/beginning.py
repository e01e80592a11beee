"""What a run directory holds before anything is trained: enough to explain, repeat and resume it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnas.config.load import load_run_config
from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.config.secret import hidden
from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.files import write_text
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_record
from gnas.space.load import load_space
from gnas.space.search_space import SearchSpace


def write_config(run: RunDirectory, config: RunConfig) -> None:
    """Write `config.yaml`, every default written out, the password of a storage hidden, the space by its file."""
    write_text(run.config, dump_yaml({**without_password(config).model_dump(mode="python"), "space": run.space.name}))


def read_config(run: RunDirectory, overrides: Sequence[Override] = ()) -> RunConfig:
    """The resolved configuration of a run, with overrides put in.

    Raises:
        ConfigError: the file cannot be read, or an override is wrong.
    """
    return load_run_config(str(run.config), overrides).config


def without_password(config: RunConfig) -> RunConfig:
    """The same with the password of `search.storage` hidden."""
    if config.search.storage is None:
        return config
    search = config.search.model_copy(update={"storage": hidden(config.search.storage)})
    return config.model_copy(update={"search": search})


def write_space(run: RunDirectory, tree: Mapping[str, object]) -> None:
    """Write `space.yaml` and its hash: the space, or the one architecture, is frozen from here on."""
    text = dump_yaml(dict(tree))
    write_text(run.space, text)
    write_text(run.space_hash, f"{_digest(text.encode())}  {run.space.name}\n")


def read_space(run: RunDirectory) -> SearchSpace:
    """The run's frozen space.

    Raises:
        RunError: space.yaml is missing or was edited.
    """
    if not run.space.is_file():
        raise RunError(f"{run.space} is missing, without which the search cannot go on; put it back from a copy")
    known = run.space_hash.read_bytes().split() if run.space_hash.is_file() else []
    if known[:1] != [_digest(run.space.read_bytes()).encode()]:
        raise RunError(
            f"{run.space} was edited since the search began, and its trials rest on the old one; "
            f"put it back, or begin a new run from it with `gnas search --fork {run.path} --space {run.space}`"
        )
    return load_space(str(run.space))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@dataclass(frozen=True)
class Machine:
    """What the run was on."""

    system: str
    cpu: str
    cores: int | None
    memory_mib: int | None


@dataclass(frozen=True)
class DeviceFacts:
    """The device, and for CUDA its model, memory and version."""

    name: str
    model: str | None = None
    memory_mib: int | None = None
    cuda: str | None = None


@dataclass(frozen=True)
class CodeState:
    """The checkout that gnas ran from, and whether it had changes that no commit holds."""

    commit: str | None
    changed: bool


@dataclass(frozen=True)
class Environment:
    """Where a run took place: enough to explain a difference between two machines. `versions`: None: not installed."""

    started: str
    command: tuple[str, ...]
    folder: str
    seed: int
    device: DeviceFacts
    threads: int
    machine: Machine
    python: str
    versions: dict[str, str | None]
    code: CodeState | None


@dataclass(frozen=True)
class Step:
    """What reading, cleaning or splitting left."""

    step: str
    interactions: int | None = None
    users: int | None = None
    items: int | None = None


def steps_of(report: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of a split's report, which counts more than that."""
    return tuple(Step(one["step"], one.get("interactions"), one.get("users"), one.get("items")) for one in report)


@dataclass(frozen=True)
class DataRecord:
    """What is asked of `data.json`, which holds much more for people to read."""

    n_users: int
    n_items: int
    n_train: int
    n_valid: int
    n_test: int
    fingerprint: str
    report: tuple[Step, ...]


def read_data(run: RunDirectory) -> DataRecord:
    """Counts, fingerprint and steps of the data of a run. Raises `RunError` where the file is missing or damaged."""
    return read_record(DataRecord, run.data, "put it back from a copy, or begin a new run with `gnas search --fork`")
