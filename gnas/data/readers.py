"""Reading one file of interactions, whatever its format."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from gnas.config.data import DataConfig
from gnas.data.adjacency import is_adjacency, read_adjacency
from gnas.data.delimited import place_of, read_bytes, read_columns, sniff
from gnas.data.guess import columns_of
from gnas.data.place import Place
from gnas.data.table import Table, typed_table
from gnas.errors import DataError

ENDINGS = {
    "parquet": (".parquet", ".pq"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "recbole": (".inter",),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "text": (".txt", ".dat", ".data", ".base", ".test"),
}
"""Endings of files (before `.gz`) by format; the last is looked at."""


def bare_name(path: Path) -> str:
    """The name of a file without `.gz`, in lower case."""
    return path.name.lower().removesuffix(".gz")


def format_of(path: Path, config: DataConfig) -> str:
    """`parquet`, `jsonl`, `adjacency` or `delimited`: as the user said, else by ending, else by the first lines."""
    if config.format in ("parquet", "jsonl", "adjacency"):
        return config.format
    if config.format != "auto":
        return "delimited"
    name = bare_name(path)
    for kind in ("parquet", "jsonl"):
        if name.endswith(ENDINGS[kind]):
            return kind
    if config.separator is not None or config.header or name.endswith((*ENDINGS["csv"], *ENDINGS["recbole"])):
        return "delimited"
    return "adjacency" if is_adjacency(path) else "delimited"


def read_table(path: Path, config: DataConfig, kind: str | None = None) -> Table:
    """The interactions in a file; `kind` overrides what `format_of` finds.

    Raises:
        DataError: the file is missing, empty or broken, a column is missing or cannot be told, or a rating or time is
            none.
    """
    if not path.is_file():
        raise DataError(f"no file {str(path)!r}")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty")
    table = _READERS[kind or format_of(path, config)](path, config)
    if table.frame.is_empty():
        raise DataError(f"{path} is empty: it holds no interaction")
    return table


def _read_delimited(path: Path, config: DataConfig) -> Table:
    separator = config.separator or {"tsv": "\t", "recbole": "\t"}.get(config.format)
    header = True if config.format == "recbole" or bare_name(path).endswith(".inter") else config.header
    dialect = sniff(path, separator, header)
    indices, guesses = columns_of(dialect.names, dialect.head, config.columns, str(path), dialect.header)
    raw = read_columns(path, dialect, indices, [role for role in ("rating", "time") if role in indices])
    columns = {role: dialect.names[index] for role, index in indices.items()}
    return typed_table(raw, columns, place_of(path, dialect), guesses)


def _read_parquet(path: Path, config: DataConfig) -> Table:
    try:
        names = list(pl.read_parquet_schema(path))
        indices, guesses = columns_of(names, pl.read_parquet(path, n_rows=100), config.columns, str(path), header=True)
        frame = pl.read_parquet(path, columns=sorted({names[index] for index in indices.values()}))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    return _from_frame(
        frame, {role: names[index] for role, index in indices.items()}, Place(str(path), 1, "row"), guesses
    )


def _read_jsonl(path: Path, config: DataConfig) -> Table:
    data = read_bytes(path)
    lines = data.lstrip()[:1] != b"["
    try:
        # All rows are looked at: a later one may have a key, or text for a number, that the first ones have not.
        frame = (
            pl.read_ndjson(data, infer_schema_length=None) if lines else pl.read_json(data, infer_schema_length=None)
        )
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataError(_bad_json(path, data, str(error))) from error
    indices, guesses = columns_of(frame.columns, frame.head(100), config.columns, str(path), header=True)
    columns = {role: frame.columns[index] for role, index in indices.items()}
    return _from_frame(frame, columns, Place(str(path), 1, "line" if lines else "record"), guesses)


def _bad_json(path: Path, data: bytes, reason: str) -> str:
    for number, line in enumerate(data.splitlines(), 1):
        try:
            json.loads(line or b"{}")
        except ValueError as error:
            return f"{path}, line {number} is not JSON: {error}"
    return f"{path} cannot be read as JSON lines: {reason.splitlines()[0]}"


def _from_frame(frame: pl.DataFrame, columns: dict[str, str], place: Place, guesses: list[str]) -> Table:
    raw = frame.select(**{role: pl.col(name) for role, name in columns.items()})
    for role, dtype in zip(raw.columns, raw.dtypes, strict=True):
        if dtype.is_nested() or dtype == pl.Object:
            raise DataError(f"{place.file}: column {columns[role]!r} holds {dtype}, not one {role} a row")
    return typed_table(raw, columns, place, guesses)


_READERS: dict[str, Callable[[Path, DataConfig], Table]] = {
    "delimited": _read_delimited,
    "adjacency": lambda path, config: read_adjacency(path),  # noqa: ARG005
    "parquet": _read_parquet,
    "jsonl": _read_jsonl,
}
