"""From the words of a command line to a resolved configuration: every default written out, every path absolute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnas.config.data import DataConfig
from gnas.config.load import LoadedConfig, load_run_config
from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.data.catalog import CATALOG
from gnas.errors import ConfigError
from gnas.metrics import metric_of
from gnas.space.load import load_space, space_of
from gnas.space.search_space import SearchSpace

DEFAULT_TIMEOUT_S = 600.0
"""Wall time of a search of which nothing is said but its data."""
PLAIN_NAMES = ("u", "train", "data", "inter", "interactions", "ratings")
"""Names of files that say little: the folder's name says more."""
BUDGETS = ("search.trials", "search.timeout", "search.effort", "search.max_epochs_total")


@dataclass(frozen=True)
class Settled:
    """A resolved configuration with its space, how people call both, and what should be said about them."""

    config: RunConfig
    space: SearchSpace
    data_name: str
    space_name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What the command line says beside the file; None: nothing. `settings` are `key.path` → value."""

    config: str | None = None
    data: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[str] = ()


def settle(asked: Asked) -> Settled:
    """The configuration and the space of a new search.

    Raises:
        ConfigError: neither a configuration nor data are named, or something in them is wrong.
    """
    notes: list[str] = []
    defaults: list[Override] = []
    if asked.config is None and not _says_budget(asked):
        defaults.append(("search.timeout", DEFAULT_TIMEOUT_S))
        notes.append("no budget is named: searching for 10 minutes (change it with --timeout, --trials or --effort)")
    loaded = _load(asked, defaults)
    named = asked.settings.get("space")
    if isinstance(named, str):
        space, space_name = load_space(named), named
    else:
        space = space_of(loaded)
        space_name = loaded.config.space if isinstance(loaded.config.space, str) else "own"
    if asked.config is None and named is None:
        notes.append(f"searching the space {space_name!r} (change it with --space; see `gnas space show`)")
    config = with_limits(_resolved(loaded), space)
    starts = [str(Path(run).expanduser().absolute()) for run in config.search.warm_start]
    config = config.model_copy(update={"search": config.search.model_copy(update={"warm_start": starts})})
    return Settled(config, space, data_name(config.data), Path(space_name).stem, tuple(notes))


def settle_config(asked: Asked) -> RunConfig:
    """The configuration alone, for work that searches nothing.

    Raises:
        ConfigError: as for `settle`.
    """
    return _resolved(_load(asked, []))


def overrides_of(asked: Asked) -> list[Override]:
    """Flags as overrides, then `--set`; data that are named replace those of the file, however it names them."""
    overrides: list[Override] = []
    if asked.data is not None:
        source = asked.data if asked.data in CATALOG else str(Path(asked.data).expanduser().absolute())
        overrides += [("data.source", source), *((f"data.{part}", None) for part in ("train", "valid", "test"))]
    overrides += [(key, value) for key, value in asked.settings.items() if value is not None]
    return [*overrides, *asked.overrides]


def data_name(data: DataConfig) -> str:
    """What people call the data: the catalogue's name, the file's, or the folder's where the file's says little."""
    path = Path(data.source or data.train or "data")
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return path.parent.name if stem in PLAIN_NAMES and path.parent.name else stem


def _load(asked: Asked, defaults: Sequence[Override]) -> LoadedConfig:
    if asked.config is None and asked.data is None and not any(text.startswith("data.") for text in asked.overrides):
        raise ConfigError(
            "no data are named: give a configuration, shipped or your own (`gnas search movielens-small`), "
            "or the data (`--data clicks.csv`; `gnas data list` shows the named sets)"
        )
    return load_run_config(asked.config, [*defaults, *overrides_of(asked)])


def _resolved(loaded: LoadedConfig) -> RunConfig:
    return loaded.config.model_copy(update={"data": absolute(loaded.config.data, loaded.base)})


def with_limits(config: RunConfig, space: SearchSpace) -> RunConfig:
    """The space's constraints join `search.limits`, whose own bounds stand where both name a metric."""
    limits: dict[str, float] = {}
    for constraint in space.constraints:
        upper = metric_of(constraint.metric).direction == "minimize"
        bound, other = (constraint.high, constraint.low) if upper else (constraint.low, constraint.high)
        if bound is None or other is not None:
            side = "max" if upper else "min"
            raise ConfigError(f"{space.source}: constraints: {constraint.metric} takes `{side}` alone as its bound")
        limits[constraint.metric] = bound
    search = config.search.model_copy(update={"limits": {**limits, **config.search.limits}})
    return config.model_copy(update={"search": search})


def absolute(data: DataConfig, base: Path) -> DataConfig:
    """The same with every relative path starting at the root; names of the catalogue stay as they are."""

    def place(path: str | None) -> str | None:
        return None if path is None else str((base / Path(path).expanduser()).resolve())

    source = data.source
    if source is not None and source not in CATALOG and source != "synthetic":
        source = place(source)
    update: dict[str, Any] = {
        "source": source,
        **{part: place(getattr(data, part)) for part in ("train", "valid", "test")},
    }
    for side in ("users", "items"):
        table = getattr(data, side)
        if table is not None:
            paths = [place(path) for path in table.paths] or None
            vectors = {name: place(path) for name, path in table.vectors.items()}
            links = {name: place(path) for name, path in table.links.items()}
            places = {"path": paths, "vectors": vectors, "links": links, "folder": place(table.folder)}
            update[side] = table.model_copy(update=places)
    return data.model_copy(update=update)


def _says_budget(asked: Asked) -> bool:
    said = [key for key, value in asked.settings.items() if value is not None]
    said += [text.partition("=")[0].strip() for text in asked.overrides]
    return any(key in BUDGETS for key in said)
