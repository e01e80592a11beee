"""Reads feature tables in any format that interactions may have: scalars as text, lists as lists."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from gnas.config.formats import AUTO
from gnas.data.readers import open_sheet
from gnas.data.sheet import Layout
from gnas.errors import DataError


def read_frame(path: Path, separator: str | None = None, names: Sequence[str] | None = None) -> pl.DataFrame:
    """The table in `path`; every column is String, List(String) or List(Float32).

    Args:
        path: a file in any format of `FORMATS`.
        separator: between the cells of a text; looked at where not given.
        names: of the columns, for a text that does not start with them.

    Raises:
        DataError: no such file, or one that cannot be read.
    """
    sheet = open_sheet(path, Layout(separator, header=names is None), "csv" if names is not None else AUTO)
    if names is not None and len(names) != len(sheet.names):
        raise DataError(f"{path}: `names` has {len(names)} names, but the table has {len(sheet.names)} columns")
    columns = {name: index for index, name in enumerate(_different(names or sheet.names))}
    return plain(sheet.read(columns, ()))


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table with scalars as String, number lists as List(Float32), other lists as List(String)."""
    return frame.select(_plain(frame[name]) for name in frame.columns)


def _different(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that stood before, and for those that are empty."""
    found: list[str] = []
    for at, name in enumerate(names):
        name = name or f"column {at}"
        found.append(name if name not in found else f"{name} {at}")
    return found


def _plain(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.List | pl.Array):
        return column.cast(pl.List(pl.Float32)) if kind.inner.is_numeric() else _text(column, pl.List(pl.String))
    if kind == pl.Boolean:
        return column.cast(pl.Int8).cast(pl.String)
    if kind == pl.Struct:
        return column.struct.json_encode()
    return _text(column, pl.String())


def _text(column: pl.Series, kind: pl.DataType) -> pl.Series:
    """The column as text, or as lists of it; also of values that polars has no text for."""
    try:
        return column.cast(kind)
    except pl.exceptions.PolarsError:
        values = column.to_list()
        if kind == pl.String:
            return pl.Series(column.name, [None if value is None else str(value) for value in values], kind)
        words = [None if row is None else [None if one is None else str(one) for one in row] for row in values]
        return pl.Series(column.name, words, kind)
