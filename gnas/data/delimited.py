"""Text with one row a line and a separator between cells, read: CSV, TSV, `::`, spaces, gzipped or not."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from gnas.data.place import Place
from gnas.data.sheet import Layout, Sheet
from gnas.data.sniff import Dialect, cells_of, read_bytes, read_text, sniff
from gnas.data.values import id_values, narrowed
from gnas.errors import DataError


def open_delimited(path: Path, layout: Layout) -> Sheet:
    """A file with one row a line, whatever separates its cells; only the wanted columns are read."""
    dialect = sniff(path, layout.separator, layout.header)
    return Sheet(
        dialect.names,
        dialect.head,
        dialect.header,
        lambda columns, numeric: read_columns(path, dialect, columns, numeric),
        Place(str(path), dialect.first),
    )


def read_columns(path: Path, dialect: Dialect, columns: Mapping[str, int], numeric: Collection[str]) -> pl.DataFrame:
    """The chosen columns under new names, as text; those in `numeric` as Float64 or Int64 where all of them fit.

    Raises:
        DataError: a row with more cells than the header or the first row, with its line.
    """
    wanted = sorted(set(columns.values()))
    source = _source(path, dialect)
    fast: dict[int, pl.DataType] = {}
    for role in numeric:
        sample = dialect.head.to_series(columns[role]).drop_nulls()
        dtype = pl.Int64() if role == "time" else pl.Float64()
        if len(sample) and sample.cast(dtype, strict=False).null_count() == 0:
            fast[columns[role]] = dtype
    # Each attempt gives up assumptions that the first rows suggested: numbers, quotes, UTF-8.
    latin = replace(dialect, encoding="iso-8859-1")
    written_so = [dialect, replace(dialect, quote=None), latin, replace(latin, quote=None)]
    attempts = [(fast, dialect), *(({}, written) for written in written_so[: 2 if dialect.encoding == "utf-16" else 4])]
    for types, written in attempts:
        try:
            frame = _read_csv(source, written, types, wanted)
            break
        except (pl.exceptions.PolarsError, UnicodeError) as error:
            reason = str(error)
    else:
        raise DataError(_ragged(path, dialect, reason))
    return frame.select(**{role: pl.nth(wanted.index(index)) for role, index in columns.items()})


def read_all(path: Path, dialect: Dialect, id_index: int) -> pl.DataFrame:
    """All columns under their own names, each as numbers where nothing is lost by it; the id's column as ids."""
    frame = read_columns(path, dialect, {f"{index}": index for index in range(len(dialect.names))}, ())
    return pl.DataFrame(
        {
            name: id_values(column) if index == id_index else narrowed(column)
            for index, (name, column) in enumerate(zip(dialect.names, frame.get_columns(), strict=True))
        }
    )


def _source(path: Path, dialect: Dialect) -> Path | bytes:
    """What polars reads: the file itself, or its bytes with separators and ends of lines that polars knows."""
    one_byte = len(dialect.separator.encode()) == 1
    plain = path.suffix != ".gz" and dialect.encoding != "utf-16" and not dialect.old_mac
    if plain and one_byte and dialect.separator != " ":
        return path
    data = read_bytes(path)
    if dialect.encoding == "utf-16":
        data = read_text(path, "utf-16").encode()
    if dialect.old_mac:
        data = data.replace(b"\r", b"\n")
    if dialect.separator == " ":
        return re.sub(rb"[ \t]+", b" ", re.sub(rb"(?m)^[ \t]+|[ \t\r]+$", b"", data))
    return data if one_byte else data.replace(dialect.separator.encode(), b"\x1f")


def _read_csv(
    source: Path | bytes, dialect: Dialect, types: dict[int, pl.DataType], columns: list[int]
) -> pl.DataFrame:
    """Columns by index, in order; text unless `types` says otherwise."""
    read = partial(
        pl.read_csv,
        source,
        separator=dialect.separator if len(dialect.separator.encode()) == 1 else "\x1f",
        quote_char=dialect.quote,
        encoding="utf8" if dialect.encoding == "utf-16" else dialect.encoding,
    )
    if dialect.header:
        names = read(n_rows=0, infer_schema=False).columns
        if len(names) < len(dialect.names):
            raise pl.exceptions.ComputeError(f"its first line has {len(names)} cells")
        overrides = {names[index]: dtype for index, dtype in types.items()}
        return read(columns=[names[index] for index in columns], infer_schema=False, schema_overrides=overrides)
    # Without a header polars wants names of this kind.
    schema = {f"column_{index + 1}": types.get(index, pl.String()) for index in range(len(dialect.names))}
    return read(has_header=False, columns=[f"column_{index + 1}" for index in columns], schema=schema)


def _ragged(path: Path, dialect: Dialect, reason: str) -> str:
    """The first line with too many cells, in words; the reader's own words where there is none."""
    text = read_text(path, dialect.encoding)
    lines = (text.replace("\r", "\n") if dialect.old_mac else text).split("\n")
    width = len(dialect.names)
    for number, line in enumerate(lines, 1):
        cells = len(cells_of([line], dialect.separator, dialect.quote)[0]) if line.strip() else width
        if cells > width or (cells < width and number == dialect.first):
            return f"{path}, line {number}: {cells} cells, where the file has {width} columns"
    return f"{path} cannot be read: {reason.splitlines()[0]}"
