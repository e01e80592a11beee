"""What a call or a command asks for: data or a configuration, and settings that change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

from gnas.config import shipped
from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.errors import ConfigError
from gnas.registry import did_you_mean
from gnas.run.frames import Frame, is_frame
from gnas.space.search_space import SearchSpace


class Settings(TypedDict, total=False):
    """Settings that calls and commands share; see `gnas.config.run` for what each means. None: as the file has it."""

    space: str | Path | Mapping[str, Any] | SearchSpace | None
    sampler: str | None
    trials: int | None
    timeout: str | float | None
    max_epochs_total: int | None
    effort: str | None
    objective: str | Sequence[str] | None
    ensemble: int | None
    warm_start: Sequence[str | Path] | None
    workers: int | None
    workers_per_gpu: int | None
    storage: str | None
    max_memory: str | float | None
    seeds: int | None
    refit: bool | None
    seed: int | None
    device: str | None
    overrides: Sequence[str] | Mapping[str, Any] | None


PLACES = {
    "space": "space", "seed": "seed", "device": "device", "max_memory": "train.max_memory",
    "seeds": "evaluate.seeds", "refit": "evaluate.refit",
    **{name: f"search.{name}" for name in (
        "sampler", "trials", "timeout", "max_epochs_total", "effort", "objective", "ensemble", "warm_start", "workers",
        "workers_per_gpu", "storage",
    )},
}  # fmt: skip
"""Where each setting stands in a configuration."""


@dataclass(frozen=True)
class Asked:
    """What is asked for: a configuration, data, changes to it. `settings` are `key.path` → value; None: as it is."""

    config: str | RunConfig | None = None
    data: str | Frame | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[Override] = ()

    @property
    def frame(self) -> Frame | None:
        """The data, where they are a frame."""
        return None if self.data is None or isinstance(self.data, str) else self.data

    @property
    def names_data(self) -> bool:
        """Whether it is about data of its own, rather than those of a run."""
        return self.config is not None or self.data is not None


Data = str | Path | Frame | RunConfig | Asked
"""A file, a folder, a named data set, a frame; or a whole configuration, by name, path or as it is."""


def asked_for(data: Data | None, settings: Settings) -> Asked:
    """What a call asks for.

    Raises:
        ConfigError: an unknown setting, or data that are none of what `Data` says.
    """
    given = {name: value for name, value in settings.items() if value is not None and name != "overrides"}
    unknown = [name for name in given if name not in PLACES]
    if unknown:
        raise ConfigError(f"no setting {unknown[0]!r} ({did_you_mean(unknown[0], [*PLACES, 'overrides'])})")
    changes = settings.get("overrides") or ()
    overrides: Sequence[Override] = list(changes.items()) if isinstance(changes, Mapping) else list(changes)
    values = {PLACES[name]: _plain(value) for name, value in given.items()}
    if isinstance(data, Asked):
        return replace(data, settings={**data.settings, **values}, overrides=[*data.overrides, *overrides])
    if data is None or isinstance(data, RunConfig):
        return Asked(data, None, values, overrides)
    if isinstance(data, str | Path):
        is_config = str(data) in shipped.names("configs") or str(data).endswith((".yaml", ".yml"))
        return Asked(str(data), None, values, overrides) if is_config else Asked(None, str(data), values, overrides)
    if not is_frame(data):
        raise ConfigError(
            f"data is a {type(data).__name__}; give a path, a name, a polars or pandas frame, or a RunConfig"
        )
    return Asked(None, data, values, overrides)


def _plain(value: object) -> object:
    """A setting as a configuration file has it."""
    if isinstance(value, SearchSpace):
        return value.tree
    if isinstance(value, Path):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
