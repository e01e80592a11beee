"""Finds interactions by what the user wrote: a name of the catalogue, a file, a folder, or a given split."""

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from gnas.config.behaviours import behaviours_of
from gnas.config.data import DataConfig
from gnas.data.attributes import attributes_beside
from gnas.data.behaviours import Told, read_behaviour, told_apart
from gnas.data.cache import obtain
from gnas.data.catalog import CATALOG
from gnas.data.download import Progress
from gnas.data.folders import files_of
from gnas.data.movielens_small import read_movielens_small
from gnas.data.readers import format_of, layout_of, read_table
from gnas.data.synthetic import make_world
from gnas.data.table import Table
from gnas.errors import DataError


@dataclass(frozen=True)
class Origin:
    """Interactions as files have them.

    `parts` holds the table `all`, or those of a given split by name (`train`, `valid`, `test`). `users` and `items`
    are attributes that came along, with a column `id`. `name` is what errors call the data. `behaviours` is what else
    users did.
    """

    name: str
    parts: dict[str, Table]
    users: pl.DataFrame | None = None
    items: pl.DataFrame | None = None
    notes: list[str] = field(default_factory=list)
    behaviours: dict[str, Told] = field(default_factory=dict)

    @property
    def guesses(self) -> list[str]:
        """A sentence for each thing that the user did not say."""
        return [*self.notes, *(guess for table in self.parts.values() for guess in table.guesses)]


def open_origin(config: DataConfig, base: Path, progress: Progress | None = None) -> Origin:
    """Read what `config` names; `base` resolves relative paths.

    Raises:
        DataError: there is no such thing, or it cannot be downloaded or read.
    """
    origin = _opened(config, base, progress)
    parts, told, notes = told_apart(origin.parts, config)
    for name, one in behaviours_of(config.behaviours).items():
        if one.path is not None:
            told[name] = read_behaviour(name, one, config, base)
    notes, told = [*origin.notes, *notes], {**origin.behaviours, **told}
    return replace(origin, parts=parts, notes=notes, behaviours={name: told[name] for name in sorted(told)})


def _opened(config: DataConfig, base: Path, progress: Progress | None) -> Origin:
    """The interactions alone."""
    if config.train is not None:
        named = {part: value for part in ("train", "valid", "test") if (value := getattr(config, part)) is not None}
        return _from_files(config, {part: _existing(base, path, f"data.{part}") for part, path in named.items()})
    assert config.source is not None
    if config.source == "synthetic":
        return _planted(config)
    if config.source == "movielens-small":
        table, items = read_movielens_small()
        return Origin(config.source, {"all": table}, items=items)
    if config.source in CATALOG:
        folder = obtain(CATALOG[config.source], progress)
        return _from_files(config, files_of(folder, config))
    path = _existing(base, config.source, "data.source")
    if path.is_dir():
        files = files_of(path, config)
        names = ", ".join(f"{part} {file.name}" if part != "all" else file.name for part, file in files.items())
        return _from_files(config, files, [f"{path}: read {names}"])
    return _from_files(config, {"all": path})


def _existing(base: Path, said: str, key: str) -> Path:
    path = base / Path(said).expanduser()
    if path.exists():
        return path
    known = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    more = ""
    if key == "data.source":
        known += CATALOG
        more = "; `gnas data list` shows the named data sets"
    near = difflib.get_close_matches(path.name, known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise DataError(f"{key}: no file or folder {str(path)!r}{hint}{more}")


def _from_files(config: DataConfig, files: dict[str, Path], notes: list[str] | None = None) -> Origin:
    """All parts are read in the format of the first: a short file alone may look like another format."""
    first = next(iter(files.values()))
    for part, path in files.items():
        if path.is_dir():
            raise DataError(f"data.{part}: {path} is a folder; name the file in it")
    known = format_of(first, layout_of(config), config.format) if len(files) > 1 else None
    parts = {part: read_table(path, config, known) for part, path in files.items()}
    users, items = attributes_beside(first)
    return Origin(str(first.parent if len(files) > 1 else first), parts, users, items, notes or [])


def _planted(config: DataConfig) -> Origin:
    world = make_world(config.synthetic)
    log = world.interactions
    columns = {"user": pl.Series(log.user), "item": pl.Series(log.item)}
    if log.rating is not None:
        columns["rating"] = pl.Series(log.rating.astype("float64"))
    if log.time is not None:
        columns["time"] = pl.Series(log.time)
    users, items = (
        frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("id")) for frame in (world.users, world.items)
    )
    table = Table(pl.DataFrame(columns), {role: role for role in columns})
    behaviours = {
        name: Told(Table(pl.DataFrame({role: pl.Series(getattr(log, role)) for role in ("user", "item", "time")}), {}))
        for name, log in world.behaviours.items()
    }
    return Origin("synthetic", {"all": table}, users, items, behaviours=behaviours)
