"""From what is asked for to a resolved configuration: every default written out, every path absolute."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnas.config.behaviours import behaviours_of
from gnas.config.data import DataConfig
from gnas.config.load import LoadedConfig, load_run_config, with_overrides
from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.data.catalog import CATALOG
from gnas.errors import ConfigError
from gnas.metrics import metric_of
from gnas.run.frames import KEPT, Frame, keep_frame
from gnas.run.settings import Asked
from gnas.rundir.layout import RunDirectory, create_default_run, create_run, discard_if_empty
from gnas.space.behaviours import for_behaviours
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


@contextmanager
def new_run(
    out: str | Path | None, names: tuple[str, str], config: RunConfig, frame: Frame | None
) -> Iterator[tuple[RunDirectory, RunConfig]]:
    """The directory of a new run, and its configuration, which names the frame's file if the data are one.

    Without `out` it lies under `runs/`, named for `names`, data and space. It is removed where it came to nothing,
    such as one whose data could not be read.
    """
    run = create_default_run(*names) if out is None else create_run(Path(out))
    try:
        yield run, config if frame is None else keep_frame(run, config, frame)
    finally:
        if frame is not None and not run.config.exists():
            shutil.rmtree((run.path / KEPT).parent, ignore_errors=True)
        discard_if_empty(run)


def settle(asked: Asked) -> Settled:
    """The configuration and the space of a new search.

    Raises:
        ConfigError: neither a configuration nor data are named, or something in them is wrong.
    """
    notes: list[str] = []
    defaults: list[Override] = []
    if asked.config is None and not _says_budget(asked):
        defaults.append(("search.timeout", DEFAULT_TIMEOUT_S))
        notes.append("no budget given: searching for 10 minutes (change it with --timeout, --trials or --effort)")
    loaded = _load(asked, defaults)
    named = asked.settings.get("space")
    if isinstance(named, str):
        space, space_name = load_space(named), named
    else:
        space = space_of(loaded)
        space_name = loaded.config.space if isinstance(loaded.config.space, str) else "own"
    if asked.config is None and named is None:
        notes.append(f"searching the space {space_name!r} (change it with --space; see `gnas space show`)")
    space = for_behaviours(space, loaded.config.data.named_behaviours)
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
        source = _source(asked.data)
        overrides += [("data.source", source), *((f"data.{part}", None) for part in ("train", "valid", "test"))]
    overrides += [(key, value) for key, value in asked.settings.items() if value is not None]
    return [*overrides, *asked.overrides]


def _source(data: str | Frame) -> str:
    if not isinstance(data, str):
        return str(KEPT)
    return data if data in CATALOG else str(Path(data).expanduser().absolute())


def data_name(data: DataConfig) -> str:
    """What people call the data: the catalogue's name, the file's, or the folder's where the file's says little."""
    path = Path(data.source or data.train or "data")
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return path.parent.name if stem in PLAIN_NAMES and path.parent.name else stem


def _load(asked: Asked, defaults: Sequence[Override]) -> LoadedConfig:
    if not asked.names_data and not any(key.startswith("data.") for key in _keys(asked)):
        raise ConfigError(
            "no data given: name a configuration (`gnas search movielens-small`), or data (`--data clicks.csv`, or a "
            "name from `gnas data list`)"
        )
    overrides = [*defaults, *overrides_of(asked)]
    if isinstance(asked.config, RunConfig):
        return with_overrides(asked.config, overrides)
    return load_run_config(asked.config, overrides)


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
            raise ConfigError(f"{space.source}: constraints: {constraint.metric} can only have `{side}` as its bound")
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
    behaviours = {
        name: one.model_copy(update={"path": place(one.path)}) for name, one in behaviours_of(data.behaviours).items()
    }
    update["behaviours"] = {**data.behaviours, **behaviours}
    return data.model_copy(update=update)


def _says_budget(asked: Asked) -> bool:
    said = [key for key, value in asked.settings.items() if value is not None]
    return any(key in BUDGETS for key in [*said, *_keys(asked)])


def _keys(asked: Asked) -> list[str]:
    """What `overrides` change."""
    return [one[0] if isinstance(one, tuple) else one.partition("=")[0].strip() for one in asked.overrides]
