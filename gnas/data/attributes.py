"""Features of known data sets, read from the files beside their interactions.

Frames have the column `id` and one column for each attribute, under names that are the same for all sets.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from gnas.data.delimited import read_all
from gnas.data.sniff import sniff
from gnas.data.values import id_values
from gnas.errors import DataError

GENRES_100K = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
)

Frames = tuple[pl.DataFrame | None, pl.DataFrame | None]
"""Attributes of the users and of the items, None where there are none."""


def attributes_beside(path: Path) -> Frames:
    """The attributes that a known layout keeps beside the interaction file `path`."""
    name, folder = path.name, path.parent
    if name == "u.data" or (name[:1] == "u" and path.suffix in (".base", ".test")):
        return _if_there(folder / "u.user", _users_100k), _if_there(folder / "u.item", _items_100k)
    if name == "ratings.dat":
        return _if_there(folder / "users.dat", _users_1m), _if_there(folder / "movies.dat", _items_1m)
    if name == "ratings.csv":
        return None, _if_there(folder / "movies.csv", _items_csv)
    if name == "user_artists.dat":
        return None, _if_there(folder / "artists.dat", _artists)
    if path.suffix == ".inter":
        stem = path.name.split(".")[0]
        return _if_there(folder / f"{stem}.user", _recbole), _if_there(folder / f"{stem}.item", _recbole)
    return None, None


def _if_there(path: Path, read: Callable[[Path], pl.DataFrame]) -> pl.DataFrame | None:
    return read(path) if path.is_file() else None


def _table(path: Path, separator: str, header: bool, at_least: int) -> pl.DataFrame:
    dialect = sniff(path, separator, header)
    if len(dialect.names) < at_least:
        raise DataError(f"{path}: {len(dialect.names)} columns, where its layout has {at_least}")
    if separator != ",":
        dialect = replace(dialect, quote=None)
    return read_all(path, dialect, id_index=0)


def year_of(title: pl.Expr) -> pl.Expr:
    """The year in brackets at the end of a film's title."""
    return title.str.extract(r"\((\d{4})\)\s*$").cast(pl.Int64)


def _users_100k(path: Path) -> pl.DataFrame:
    frame = _table(path, "|", header=False, at_least=5)
    return frame.select(pl.col("0").alias("id"), age="1", gender="2", occupation="3", zip="4")


def _items_100k(path: Path) -> pl.DataFrame:
    genres = GENRES_100K.split()
    frame = _table(path, "|", header=False, at_least=5 + len(genres))
    named = [pl.when(pl.col(str(5 + n)) == 1).then(pl.lit(genre)) for n, genre in enumerate(genres) if n > 0]
    tags = pl.concat_str(named, separator="|", ignore_nulls=True)
    year = pl.coalesce(year_of(pl.col("1")), pl.col("2").str.extract(r"(\d{4})$").cast(pl.Int64))
    return frame.select(pl.col("0").alias("id"), title="1", year=year, genres=pl.when(tags != "").then(tags))


def _users_1m(path: Path) -> pl.DataFrame:
    frame = _table(path, "::", header=False, at_least=5)
    return frame.select(pl.col("0").alias("id"), age="2", gender="1", occupation=pl.format("job {}", "3"), zip="4")


def _items_1m(path: Path) -> pl.DataFrame:
    frame = _table(path, "::", header=False, at_least=3)
    return frame.select(pl.col("0").alias("id"), title="1", year=year_of(pl.col("1")), genres="2")


def _items_csv(path: Path) -> pl.DataFrame:
    frame = _table(path, ",", header=True, at_least=3)
    if not {"movieId", "title", "genres"} <= set(frame.columns):
        raise DataError(
            f"{path}: the columns are {', '.join(frame.columns)}, where its layout has movieId, title, genres"
        )
    genres = pl.col("genres").replace("(no genres listed)", None)
    return frame.select(pl.col("movieId").alias("id"), "title", year=year_of(pl.col("title")), genres=genres)


def _artists(path: Path) -> pl.DataFrame:
    frame = _table(path, "\t", header=True, at_least=2)
    return frame.select(pl.col(frame.columns[0]).alias("id"), pl.col(frame.columns[1]).alias("title"))


def _recbole(path: Path) -> pl.DataFrame:
    frame = _table(path, "\t", header=True, at_least=1)
    return frame.rename({frame.columns[0]: "id"})


def in_order(frame: pl.DataFrame | None, ids: pl.Series) -> pl.DataFrame | None:
    """The attributes as rows in the order of `ids`, without the ids; the first row where an id has several."""
    if frame is None or frame.width < 2:
        return None
    key = id_values(frame["id"])
    if key.dtype != ids.dtype:
        key, ids = key.cast(pl.String), ids.cast(pl.String)
    frame = frame.with_columns(key.alias("id")).unique("id", keep="first", maintain_order=True)
    return pl.DataFrame({"id": ids}).join(frame, on="id", how="left", maintain_order="left").drop("id")
