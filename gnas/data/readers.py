"""Reads one file in any format: `open_sheet` for any table, `read_table` for interactions."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from gnas.config.data import ColumnsConfig, DataConfig
from gnas.config.formats import AUTO, FORMATS, Format
from gnas.data.adjacency import is_adjacency
from gnas.data.guess import columns_of
from gnas.data.place import Place
from gnas.data.sheet import LOOKED_AT_ROWS, Layout, Sheet, sheet_of
from gnas.data.sniff import read_bytes
from gnas.data.table import Table, typed_table
from gnas.errors import DataError


def bare_name(path: Path) -> str:
    """The name of a file without `.gz`, in lower case."""
    return path.name.lower().removesuffix(".gz")


def format_of(path: Path, layout: Layout, said: str = AUTO) -> Format:
    """As the user said, else by ending, else by the first lines."""
    if said != AUTO:
        return FORMATS[said]
    for _, known in FORMATS.items():
        if known.endings and bare_name(path).endswith(known.endings):
            return known
    if layout.separator is not None or layout.header or not is_adjacency(path):
        return FORMATS["csv"]
    return FORMATS["adjacency"]


def open_sheet(path: Path, layout: Layout, said: Format | str = AUTO) -> Sheet:
    """The table in a file; `said` is its format.

    Raises:
        DataError: the file is missing, empty or broken.
    """
    if not path.is_file():
        raise DataError(f"no file {str(path)!r}")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty")
    found = said if isinstance(said, Format) else format_of(path, layout, said)
    header = layout.header if found.header is None else found.header
    sheet: Sheet = found.reader(path, Layout(layout.separator or found.separator, header))
    return sheet


def read_table(path: Path, config: DataConfig, known: Format | None = None) -> Table:
    """The interactions in a file; `known` is its format where that is known already.

    Raises:
        DataError: the file is missing, empty or broken, a column is missing or cannot be told, or a rating or time is
            none.
    """
    return table_of(open_sheet(path, layout_of(config), known or config.format), path, config.columns)


def table_of(sheet: Sheet, path: Path, said: ColumnsConfig) -> Table:
    """The interactions in an opened sheet, by the columns that the user `said`; raises as `read_table` does."""
    if not sheet.names:
        raise DataError(f"{path} is empty: it has no columns")
    if len(sheet.names) < 2:
        raise DataError(
            f"{path}: cannot tell what separates the columns of {sheet.names[0][:80]!r}; set data.separator or "
            "data.format"
        )
    indices, guesses = sheet.roles, list(sheet.notes)
    if indices is None:
        indices, guesses = columns_of(sheet.names, sheet.head, said, str(path), sheet.header)
    columns = {role: sheet.names[index] for role, index in indices.items()}
    raw = sheet.read(indices, [role for role in ("rating", "time") if role in indices])
    for role, dtype in zip(raw.columns, raw.dtypes, strict=True):
        if dtype.is_nested() or dtype in (pl.Object, pl.Binary, pl.Duration, pl.Time):
            raise DataError(f"{path}: column {columns[role]!r} holds {dtype}, not one {role} a row")
    table = typed_table(raw, columns, sheet.place, guesses)
    if table.frame.is_empty():
        raise DataError(f"{path} is empty: it holds no interaction")
    return table


def layout_of(config: DataConfig) -> Layout:
    """How the user says that the files of interactions are written."""
    return Layout(config.separator, config.header)


def open_parquet(path: Path, layout: Layout) -> Sheet:  # noqa: ARG001 - Parquet knows its layout
    """A Parquet file; only the wanted columns are read."""
    try:
        names = list(pl.read_parquet_schema(path))
        head = pl.read_parquet(path, n_rows=LOOKED_AT_ROWS)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error

    def read(columns: Mapping[str, int], numeric: Collection[str]) -> pl.DataFrame:  # noqa: ARG001 - it has types
        try:
            frame = pl.read_parquet(path, columns=sorted({names[index] for index in columns.values()}))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(path, error) from error
        return frame.select(**{name: pl.col(names[index]) for name, index in columns.items()})

    return Sheet(names, head, True, read, Place(str(path), 1, "row"))


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}")


def open_jsonl(path: Path, layout: Layout) -> Sheet:  # noqa: ARG001 - JSON knows its layout
    """JSON lines, or one list of objects; all rows are looked at, as a later one may have another key or type."""
    data = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    lines = data.lstrip()[:1] != b"["
    try:
        frame = (
            pl.read_ndjson(data, infer_schema_length=None) if lines else pl.read_json(data, infer_schema_length=None)
        )
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataError(_bad_json(path, data, str(error))) from error
    return sheet_of(frame, Place(str(path), 1, "line" if lines else "record"))


def _bad_json(path: Path, data: bytes, reason: str) -> str:
    for number, line in enumerate(data.splitlines(), 1):
        try:
            json.loads(line or b"{}")
        except ValueError as error:
            return f"{path}, line {number} is not JSON: {error}"
    return f"{path} cannot be read as JSON lines: {(reason.splitlines() or ['no reason given'])[0]}"
