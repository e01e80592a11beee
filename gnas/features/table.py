"""Feature tables: one row per user or item in order of their numbers, typed columns, unknowns as null."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.config.data import DataConfig
from gnas.config.tables import CleanConfig, FeatureTableConfig
from gnas.data.interactions import SIDES, Side, Split
from gnas.data.values import is_unknown
from gnas.errors import DataError
from gnas.features.columns import Column, parse_numbers, typed_column
from gnas.features.links import read_links
from gnas.features.read import plain, read_frame
from gnas.features.vectors import Vectors, read_vectors, vectors_of_lists
from gnas.registry import did_you_mean


@dataclass(frozen=True)
class FeatureTable:
    """What the users or the items are.

    `frame` has one row per user or item and the columns of `columns`, text or lists, null where unknown; `vectors` the
    columns of type vector; `folder` is where paths of images and sounds start; `links` are pairs of rows, int64 [n, 2];
    `report` says what reading did, one record a step (`column`, `step`, `count`, `detail`).
    """

    side: Side
    n_rows: int
    frame: pl.DataFrame
    columns: dict[str, Column]
    vectors: dict[str, Vectors]
    folder: Path
    clean: CleanConfig = field(default_factory=CleanConfig)
    report: tuple[dict[str, Any], ...] = ()
    links: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.n_rows

    def of_type(self, *types: str) -> list[Column]:
        """The columns of these types, in the table's order."""
        return [column for column in self.columns.values() if column.type in types]


def load_tables(config: DataConfig, split: Split, base: Path) -> dict[Side, FeatureTable]:
    """The feature tables of a data set, aligned with the split's users and items.

    A table that the configuration names is read from its file; else one that the data set brought along is used.

    Raises:
        DataError: a file that cannot be read, no column of ids, or a column that is not there.
    """
    tables: dict[Side, FeatureTable] = {}
    named = {"users": config.users, "items": config.items}
    for side in SIDES:
        ids, brought = (split.user_ids, split.users) if side == "users" else (split.item_ids, split.items)
        table = named[side]
        if table is not None:
            tables[side] = load_table(table, ids, base, side)
        elif brought is not None:
            tables[side] = table_from_frame(brought, side, base)
    return tables


def load_table(config: FeatureTableConfig, ids: pl.Series, base: Path, side: Side) -> FeatureTable:
    """Read the files of `config`, join them by id and put their rows in the order of `ids`."""
    report: list[dict[str, Any]] = []
    frame = pl.DataFrame({"": ids.cast(pl.String)})
    for path in config.paths:
        rows, key = keyed_rows(config, path, ids, base, report)
        rows = _one_row_per_id(rows, config, report)
        clash = sorted(set(rows.columns) & set(frame.columns) - {""})
        if clash:
            raise DataError(f"{base / path}: column {clash[0]!r} stands in another of the tables too; leave one out")
        missing = int((~frame[""].is_in(rows[""].to_list())).sum())
        report.append(_note(key, "join", missing, f"{side} without a row in {path}"))
        frame = frame.join(rows, on="", how="left", maintain_order="left")
    frame = frame.drop("")
    for name in config.columns:
        if name not in frame.columns and name not in config.vectors:
            raise DataError(f"columns names {name!r}, which no {side} table has ({did_you_mean(name, frame.columns)})")
    paths = config.paths
    folder = base / (config.folder if config.folder is not None else Path(paths[0]).parent if paths else ".")
    vectors = {name: read_vectors(base / path, ids, name) for name, path in config.vectors.items()}
    links: dict[str, np.ndarray] = {}
    for name, path in config.links.items():
        links |= read_links(base / path, ids, name, report)
    given = FeatureTable(side, len(ids), frame, {}, vectors, folder, config.clean, (), links)
    return _typed(given, config.columns, report)


def keyed_rows(
    config: FeatureTableConfig, path: str, ids: pl.Series, base: Path, report: list[dict[str, Any]]
) -> tuple[pl.DataFrame, str]:
    """The rows of one file of `config` that have an id, which stands in the column "" as text; and that column's name.

    Raises:
        DataError: the file cannot be read, or has no column of ids.
    """
    rows = blank(read_frame(base / path, config.separator, config.names), config.clean.unknown, report)
    key = config.id if config.id is not None else _id_column(rows, ids, base / path)
    if key not in rows.columns:
        raise DataError(f"{base / path}: no column {key!r} ({did_you_mean(key, rows.columns)})")
    for name, template in config.derive.items():
        rows = rows.with_columns(_derived(rows, template, base / path).alias(name))
    if rows[key].dtype != pl.String:
        raise DataError(f"{base / path}: column {key!r} holds lists, not one id a row; name another with `id`")
    return rows.rename({key: ""}).with_columns(pl.col("").str.strip_chars(" ")).filter(pl.col("") != ""), key


def table_from_frame(frame: pl.DataFrame, side: Side, folder: Path) -> FeatureTable:
    """A table from a frame that is in the order of the users or items already; its column `id` says nothing more."""
    report: list[dict[str, Any]] = []
    clean = CleanConfig()
    frame = frame.drop("id", strict=False)
    frame = blank(plain(frame), clean.unknown, report)
    return _typed(FeatureTable(side, frame.height, frame, {}, {}, folder, clean), {}, report)


def blank(frame: pl.DataFrame, unknown: Sequence[str], report: list[dict[str, Any]]) -> pl.DataFrame:
    """The same frame with markers of the unknown as null; what was replaced is counted in `report`."""
    columns = []
    for name in frame.columns:
        column = frame[name]
        if column.dtype == pl.String:
            hit = is_unknown(column, unknown)
            if hit.any():
                found = column.filter(hit).str.strip_chars().unique().sort().to_list()
                report.append(_note(name, "unknown", int(hit.sum()), f"fields {found} taken as missing"))
            column = column.set(hit, None)
        columns.append(column)
    return pl.DataFrame(columns)


def _typed(table: FeatureTable, wanted: Mapping[str, Any], report: list[dict[str, Any]]) -> FeatureTable:
    """The table with the type of each column, columns of number lists among its vectors, and the whole report."""
    frame = table.frame
    columns = {name: typed_column(name, frame[name], wanted.get(name)) for name in frame.columns}
    lists = [name for name, column in columns.items() if column.type == "vector"]
    vectors = table.vectors | {name: vectors_of_lists(frame[name], name) for name in lists}
    for name in vectors:
        columns.setdefault(name, Column(name, "vector", f"{name} is vector: the configuration says so"))
    notes = (*report, *(_note(name, "type", 0, column.reason) for name, column in columns.items()))
    return replace(table, frame=frame.drop(lists), columns=columns, vectors=vectors, report=notes)


def _id_column(rows: pl.DataFrame, ids: pl.Series, path: Path) -> str:
    """The text column whose values cover most of the ids."""
    known = set(ids.cast(pl.String).to_list())
    cover = {
        name: len(known.intersection(rows[name].str.strip_chars(" ").unique().to_list()))
        for name in rows.columns
        if rows[name].dtype == pl.String
    }
    best = max(cover, key=lambda name: cover[name], default=None)
    if best is None or cover[best] == 0:
        raise DataError(
            f"{path}: no column holds the ids of the interactions (such as {sorted(known)[:3]}); "
            f"name it with `id`; columns: {', '.join(rows.columns)}"
        )
    return best


def _one_row_per_id(rows: pl.DataFrame, config: FeatureTableConfig, report: list[dict[str, Any]]) -> pl.DataFrame:
    """Numbers become their mean, categories that really differ become tags, of the rest the first known one stays."""
    extra = rows.height - rows[""].n_unique()
    if extra == 0:
        return rows
    report.append(_note("", "merge", extra, "further rows of an id merged into one"))
    merged = []
    for name in [name for name in rows.columns if name != ""]:
        column = typed_column(name, rows[name], config.columns.get(name))
        if column.type == "number":
            numbers = parse_numbers(rows[name])
            rows = rows.with_columns(numbers.alias(name))
            merged.append(pl.col(name).mean().cast(pl.String))
        elif column.type == "tags" and rows[name].dtype == pl.List(pl.String):
            merged.append(pl.col(name).explode().drop_nulls().unique(maintain_order=True))
        elif column.type == "tags":
            merged.append(pl.col(name).drop_nulls().str.join(column.separator or "|"))
        elif column.type == "category" and _differs(rows, name):
            merged.append(pl.col(name).drop_nulls().unique(maintain_order=True))
        else:
            merged.append(pl.col(name).drop_nulls().first())
    return rows.group_by("", maintain_order=True).agg(merged)


def _differs(rows: pl.DataFrame, name: str) -> bool:
    """Whether at least one id in twenty has several values."""
    several = rows.group_by("").agg(pl.col(name).drop_nulls().n_unique() > 1)[name]
    return float(several.mean() or 0) >= 0.05  # type: ignore[arg-type]


def _derived(rows: pl.DataFrame, template: str, path: Path) -> pl.Series:
    """The template with `{column}` replaced by the row's value; null where one of them is missing."""
    pieces = template.split("{")
    parts: list[pl.Expr] = [pl.lit(pieces[0])]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        if not closed or name not in rows.columns:
            hint = did_you_mean(name, rows.columns)
            raise DataError(f"{path}: `derive` template {template!r} names no column {name!r} ({hint})")
        if rows[name].dtype != pl.String:
            raise DataError(f"{path}: `derive` template {template!r} names {name!r}, a column of lists")
        parts += [pl.col(name), pl.lit(rest)]
    return rows.select(pl.concat_str(parts)).to_series()


def _note(column: str, step: str, count: int, detail: str) -> dict[str, Any]:
    return {"column": column, "step": step, "count": int(count), "detail": detail}
