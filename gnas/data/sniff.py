"""How a text with one row a line is written: its encoding, line ends, separator, header and quotes."""

import codecs
import csv
import gzip
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gnas.data.guess import NAMES, plain
from gnas.data.sheet import LOOKED_AT_ROWS
from gnas.errors import DataError

SEPARATORS = ("\t", "::", ",", ";", "|", " ")
_QUOTING = frozenset(",;\t|")
_SPOKEN = {"\\t": "\t", "tab": "\t", "comma": ",", "space": " "}
_TYPE = re.compile(r":(token|token_seq|float|float_seq)$")  # RecBole's atomic files: name:type
_KNOWN = {name for names in NAMES.values() for name in names} - {"u", "i", "t", "n"}


@dataclass(frozen=True)
class Start:
    """The first lines of a text that are not blank, and how it is written.

    `blank` counts the lines before them; `old_mac` says that a lone carriage return ends a line.
    """

    lines: list[str]
    encoding: str
    blank: int
    old_mac: bool


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written; `head` holds its first rows as text."""

    separator: str
    header: bool
    names: list[str]
    head: pl.DataFrame
    quote: str | None
    encoding: str
    old_mac: bool
    first: int
    """The line of the first row."""


def read_start(path: Path, size: int = 1 << 18) -> Start:
    """Look at the start of a text file.

    Raises:
        DataError: the file is empty, is no text, or a gzip archive is broken.
    """
    data = read_bytes(path, size)
    encoding = _encoding(data)
    if encoding is None:
        raise DataError(f"{path} holds binary data, not text; say what it is with data.format")
    text = data.decode(encoding, errors="ignore" if encoding != "iso-8859-1" else "strict").removeprefix("\ufeff")
    old_mac = "\r" in text and "\n" not in text
    every = text.replace("\r", "\n").split("\n") if old_mac else text.split("\n")
    if len(data) == size and len(every) > 1:
        every.pop()  # cut off in the middle
    lines = [line.removesuffix("\r") for line in every if line.strip()]
    if not lines:
        raise DataError(f"{path} is empty")
    return Start(lines[:1000], encoding, next(at for at, line in enumerate(every) if line.strip()), old_mac)


def _encoding(data: bytes) -> str | None:
    """UTF-16 where the file says so, UTF-8 where it is that, else Latin-1; None for binary data."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data:
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # the last letter may be cut off
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf8"


def read_bytes(path: Path, size: int = -1) -> bytes:
    """The (first) bytes of a file, unpacked where it is gzipped."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(size)
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def read_text(path: Path, encoding: str) -> str:
    """The text of a file without its byte order mark; what is none is replaced."""
    return read_bytes(path).decode(encoding, errors="replace").removeprefix("\ufeff")


def sniff(path: Path, separator: str | None = None, header: bool | None = None) -> Dialect:
    """Find out separator, header and encoding from the first lines; one column where nothing separates several."""
    start = read_start(path)
    separator = _SPOKEN.get(separator, separator) if separator else None
    separator = separator or best_separator(start.lines) or ","
    if set(separator) & set('"\r\n'):
        raise DataError(f"{path}: {separator!r} cannot separate cells; give a separator such as ',' or '::'")
    quote = _quote(separator, start.lines)
    rows = cells_of(start.lines, separator, quote)
    header = looks_like_header(rows) if header is None else header
    width = len(rows[0])
    names = [_TYPE.sub("", name.strip()) for name in rows[0]] if header else []
    names = names or [str(index) for index in range(width)]
    body = [(row + [""] * width)[:width] for row in rows[header : LOOKED_AT_ROWS + 1]]
    head = pl.DataFrame(
        {f"c{i}": [row[i].strip() or None for row in body] for i in range(width)},
        schema={f"c{i}": pl.String for i in range(width)},
    )
    first = start.blank + 1 + header
    return Dialect(separator, header, names, head, quote, start.encoding, start.old_mac, first)


def cells_of(lines: Sequence[str], separator: str, quote: str | None) -> list[list[str]]:
    """The cells of each line."""
    if separator == " ":
        return [re.split(r"\s+", line.strip()) for line in lines]
    try:
        if quote is not None:
            clean = (line.replace("\r", " ") for line in lines)  # which ends a line for `csv`, and nowhere else
            return [row for row in csv.reader(clean, delimiter=separator) if row]
    except csv.Error:  # a cell too long for it
        pass
    return [line.split(separator) for line in lines]


def _quote(separator: str, lines: Sequence[str]) -> str | None:
    """Cells may be quoted, unless a lone quote in some line shows that quotes are letters here."""
    in_one_line = separator == "," or not any(line.count('"') % 2 for line in lines)
    return '"' if separator in _QUOTING and in_one_line else None


def best_separator(lines: Sequence[str]) -> str | None:
    """The separator that cuts most lines into equally many cells, at least two and at least half of them."""
    best = (0.5, -len(SEPARATORS))
    chosen = None
    for rank, separator in enumerate(SEPARATORS):
        widths = Counter(len(row) for row in cells_of(lines[:200], separator, _quote(separator, lines)))
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
