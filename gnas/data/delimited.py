"""Text with one row a line and a separator between cells: CSV, TSV, `::`, spaces, gzipped or not."""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from gnas.data.guess import NAMES, plain
from gnas.data.place import Place
from gnas.data.values import id_values, narrowed
from gnas.errors import DataError

SEPARATORS = ("\t", "::", ",", ";", "|", " ")
_SPOKEN = {"\\t": "\t", "tab": "\t", "comma": ",", "space": " "}
_TYPE = re.compile(r":(token|token_seq|float|float_seq)$")  # RecBole's atomic files: name:type
_KNOWN = {name for names in NAMES.values() for name in names} - {"u", "i", "t", "n"}


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written; `head` holds its first rows as text."""

    separator: str
    header: bool
    names: list[str]
    head: pl.DataFrame
    quote: str | None
    encoding: str
    first: int
    """The line of the first row."""


def read_start(path: Path, size: int = 1 << 18) -> tuple[list[str], str, int]:
    """The first lines of a text file that are not blank, its encoding, and how many blank lines stand before them.

    Raises:
        DataError: the file is empty, is no text, or a gzip archive is broken.
    """
    data = read_bytes(path, size)
    whole = len(data) < size
    if b"\0" in data:
        raise DataError(f"{path} holds binary data, not text; say what it is with data.format")
    if not whole:
        data = data[: data.rfind(b"\n") + 1]
    encoding = "utf8"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, text = "iso-8859-1", data.decode("iso-8859-1")
    every = text.split("\n")
    lines = [line.removesuffix("\r") for line in every if line.strip()]
    if not lines:
        raise DataError(f"{path} is empty")
    return lines[:1000], encoding, next(index for index, line in enumerate(every) if line.strip())


def read_bytes(path: Path, size: int = -1) -> bytes:
    """The (first) bytes of a file, unpacked where it is gzipped."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(size)
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def sniff(path: Path, separator: str | None = None, header: bool | None = None) -> Dialect:
    """Find out separator, header and encoding from the first lines.

    Raises:
        DataError: nothing separates the lines into columns.
    """
    lines, encoding, blank = read_start(path)
    given = _SPOKEN.get(separator, separator) if separator is not None else None
    separator = given or best_separator(lines)
    if separator is None:
        raise DataError(
            f"{path}: cannot tell what separates the columns of {lines[0][:80]!r}; set data.separator or data.format"
        )
    quote = _quote(separator, lines)
    rows = _cells(lines, separator, quote)
    header = looks_like_header(rows) if header is None else header
    width = len(rows[0])
    names = [_TYPE.sub("", name.strip()) for name in rows[0]] if header else []
    names = names or [str(index) for index in range(width)]
    body = [(row + [""] * width)[:width] for row in rows[header:101]]
    head = pl.DataFrame(
        {f"c{i}": [row[i].strip() or None for row in body] for i in range(width)},
        schema={f"c{i}": pl.String for i in range(width)},
    )
    return Dialect(separator, header, names, head, quote, encoding, first=blank + 1 + header)


def _cells(lines: Sequence[str], separator: str, quote: str | None) -> list[list[str]]:
    if quote is not None:
        return [row for row in csv.reader(lines, delimiter=separator) if row]
    return [re.split(r"\s+", line.strip()) if separator == " " else line.split(separator) for line in lines]


def _quote(separator: str, lines: Sequence[str]) -> str | None:
    """Cells may be quoted, unless a lone quote in some line shows that quotes are letters here."""
    in_one_line = separator == "," or not any(line.count('"') % 2 for line in lines)
    return '"' if separator in ",;\t|" and in_one_line else None


def best_separator(lines: Sequence[str]) -> str | None:
    """The separator that cuts most lines into equally many cells, at least two and at least half of them."""
    best = (0.5, -len(SEPARATORS))
    chosen = None
    for rank, separator in enumerate(SEPARATORS):
        widths = Counter(len(row) for row in _cells(lines[:200], separator, _quote(separator, lines)))
        width, count = widths.most_common(1)[0]
        score = (count / widths.total(), -rank)
        if width >= 2 and score >= best:
            best, chosen = score, separator
    return chosen


def looks_like_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns.

    No where it holds a number, or a word that stands in its column again. Yes where it holds a known name, and in every
    other case: it is safer to ask about the names of such a row than to take it for an interaction. An empty cell says
    nothing (an index without a name).
    """
    first, rest = [cell.strip() for cell in rows[0]], rows[1:200]
    if any(_is_number(cell) for cell in first) or not any(first):
        return False
    if any(plain(cell) in _KNOWN for cell in first):
        return True
    return not any(len(row) > i and cell and row[i].strip() == cell for row in rest for i, cell in enumerate(first))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_columns(path: Path, dialect: Dialect, columns: dict[str, int], numeric: Sequence[str]) -> pl.DataFrame:
    """The chosen columns under new names, as text; those in `numeric` as Float64 or Int64 where all of them fit.

    Raises:
        DataError: a row with more cells than the header or the first row, with its line.
    """
    wanted = sorted(columns.values())
    source = _source(path, dialect)
    fast: dict[int, pl.DataType] = {}
    for role in numeric:
        sample = dialect.head.to_series(columns[role]).drop_nulls()
        dtype = pl.Int64() if role == "time" else pl.Float64()
        if len(sample) and sample.cast(dtype, strict=False).null_count() == 0:
            fast[columns[role]] = dtype
    # Each attempt gives up one assumption that the first rows suggested: numbers, UTF-8, quotes.
    text = replace(dialect, encoding="iso-8859-1")
    attempts = [(fast, dialect), ({}, dialect), ({}, text), ({}, replace(text, quote=None))]
    for types, written in attempts:
        try:
            frame = _read_csv(source, written, types, wanted)
            break
        except pl.exceptions.PolarsError as error:
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


def place_of(path: Path, dialect: Dialect) -> Place:
    """Where the rows of the file begin."""
    return Place(str(path), dialect.first)


def _source(path: Path, dialect: Dialect) -> Path | bytes:
    """What polars reads: the file itself, or its bytes with a separator that polars knows."""
    if dialect.separator == " ":
        return re.sub(rb"[ \t]+", b" ", re.sub(rb"(?m)^[ \t]+|[ \t\r]+$", b"", read_bytes(path)))
    if len(dialect.separator) > 1:
        return read_bytes(path).replace(dialect.separator.encode(), b"\x1f")
    return path if path.suffix != ".gz" else read_bytes(path)


def _read_csv(
    source: Path | bytes, dialect: Dialect, types: dict[int, pl.DataType], columns: list[int]
) -> pl.DataFrame:
    """Columns by index, in order; text unless `types` says otherwise."""
    read = partial(
        pl.read_csv,
        source,
        separator=dialect.separator if len(dialect.separator) == 1 else "\x1f",
        quote_char=dialect.quote,
        encoding=dialect.encoding,
    )
    if dialect.header:
        names = read(n_rows=0, infer_schema=False).columns
        overrides = {names[index]: dtype for index, dtype in types.items()}
        return read(columns=[names[index] for index in columns], infer_schema=False, schema_overrides=overrides)
    # Without a header polars wants names of this kind.
    schema = {f"column_{index + 1}": types.get(index, pl.String()) for index in range(len(dialect.names))}
    return read(has_header=False, columns=[f"column_{index + 1}" for index in columns], schema=schema)


def _ragged(path: Path, dialect: Dialect, reason: str) -> str:
    """The first line with too many cells, in words; the reader's own words where there is none."""
    lines = read_bytes(path).decode(dialect.encoding, errors="replace").splitlines()
    width = len(dialect.names)
    for number, line in enumerate(lines, 1):
        cells = len(_cells([line], dialect.separator, dialect.quote)[0]) if line.strip() else width
        if cells > width or (cells < width and number == dialect.first):
            return f"{path}, line {number}: {cells} cells, where the file has {width} columns"
    return f"{path} cannot be read: {reason.splitlines()[0]}"
