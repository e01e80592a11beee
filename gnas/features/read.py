"""Reading feature tables: CSV, TSV, Parquet and JSON lines, all scalars as text, lists as lists."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from gnas.errors import DataError

SEPARATORS = (",", "\t", ";", "|")


def read_frame(path: Path, separator: str | None = None, names: Sequence[str] | None = None) -> pl.DataFrame:
    """The table in `path`; every column is String, List(String) or List(Float32).

    Text that is not UTF-8 is read as Latin-1. A CSV's separator is looked at where not given.

    Raises:
        DataError: no such file, an unknown kind of file, or one that cannot be read.
    """
    if not path.is_file():
        raise DataError(f"feature table {path} does not exist")
    kind = path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix
    try:
        if kind == ".parquet":
            return plain(pl.read_parquet(path))
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if kind in (".jsonl", ".ndjson"):
            return plain(pl.read_ndjson(data))
        return plain(_read_csv(data, separator, names))
    except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise DataError(f"feature table {path} cannot be read: {str(error).splitlines()[0]}") from error


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table with scalars as String, number lists as List(Float32), other lists as List(String)."""
    return frame.select(_plain(frame[name]) for name in frame.columns)


def _read_csv(data: bytes, separator: str | None, names: Sequence[str] | None) -> pl.DataFrame:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    separator = separator or _separator(text)
    options: dict[str, Any] = {"separator": separator, "has_header": names is None, "infer_schema": False}
    try:
        frame = pl.read_csv(text.encode(), **options)
    except pl.exceptions.ComputeError:  # a bare quotation mark inside a field: this file does not quote
        frame = pl.read_csv(text.encode(), quote_char=None, truncate_ragged_lines=True, **options)
    if names is None:
        return frame
    if len(names) != frame.width:
        raise DataError(f"`names` has {len(names)} names, but the table has {frame.width} columns")
    frame.columns = list(names)
    return frame


def _separator(text: str) -> str:
    """The candidate that occurs most often in the first line; a comma where none does."""
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)


def _plain(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.List | pl.Array):
        inner = pl.Float32 if kind.inner.is_numeric() else pl.String
        return column.cast(pl.List(inner))
    if kind == pl.Boolean:
        return column.cast(pl.Int8).cast(pl.String)
    if kind == pl.Struct:
        return column.struct.json_encode()
    return column.cast(pl.String)
