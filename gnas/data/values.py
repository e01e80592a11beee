"""Cells as ids and numbers, without losing any."""

from collections.abc import Iterable

import polars as pl

from gnas.config.tables import UNKNOWN
from gnas.data.place import Place
from gnas.errors import DataError


def is_unknown(text: pl.Series, markers: Iterable[str] = (*UNKNOWN, "None")) -> pl.Series:
    """Which cells say that nothing is known. `None` does so among numbers; among categories it may be one of them."""
    words = [marker.strip().lower() for marker in markers]
    return text.str.strip_chars().str.to_lowercase().is_in(words).fill_null(False)


WIDE = (pl.UInt64, pl.Int128, pl.UInt128)
"""Whole numbers that need not fit into Int64."""


def id_values(column: pl.Series) -> pl.Series:
    """Ids as Int64 where all of them are whole numbers in their shortest form, else as String; none stays null."""
    if column.dtype.is_integer() and column.dtype not in WIDE:
        return column.cast(pl.Int64)
    if column.dtype.is_float():
        whole = column.fill_nan(None)
        numbers = whole.cast(pl.Int64, strict=False)
        if numbers.null_count() == whole.null_count() and bool((whole == numbers).all()):
            return numbers
    if column.dtype == pl.Null:
        return column.cast(pl.Int64)
    text = column.cast(pl.String)
    if bool((text.str.starts_with(" ") | text.str.ends_with(" ")).any()):
        text = text.str.strip_chars(" ")
    if bool((text == "").any()):
        text = text.replace("", None)
    if not _shortest_integers(text.head(1000)):  # looks before it leaps: most text is seen to be text at once
        return text
    return text.cast(pl.Int64) if _shortest_integers(text) else text


def _shortest_integers(text: pl.Series) -> bool:
    """Whether turning all values into integers and back changes none: no `007`, no `+1`, no `1e3`."""
    numbers = text.cast(pl.Int64, strict=False)
    if numbers.null_count() != text.null_count():
        return False
    longer = text.str.starts_with("+") | text.str.starts_with("-0")
    longer |= text.str.starts_with("0") & (text.str.len_bytes() > 1)
    return not bool(longer.any())


def rating_values(column: pl.Series, name: str, place: Place) -> pl.Series:
    """Ratings as Float64; cells that say "no number" (`?`, `NA`, NaN …) become null.

    Raises:
        DataError: text among the ratings.
    """
    numbers = column if column.dtype.is_numeric() or column.dtype == pl.Boolean else _numbers(column, name, place)
    return numbers.cast(pl.Float64).fill_nan(None)


def _numbers(column: pl.Series, name: str, place: Place) -> pl.Series:
    text = column.cast(pl.String).str.strip_chars()
    numbers = text.cast(pl.Float64, strict=False)
    wrong = numbers.is_null() & text.is_not_null() & ~is_unknown(text)
    if wrong.any():
        index = int(wrong.arg_true()[0])
        raise DataError(
            f"{place.row(index)}: column {name!r} is read as ratings and holds {column[index]!r}, which is no number; "
            "fix the row, or set data.columns.rating to another column or to none"
        )
    return numbers


def narrowed(text: pl.Series) -> pl.Series:
    """A column of text as Int64 or Float64 where nothing is lost by it (`00501` stays text), else as it is."""
    if text.dtype != pl.String or text.null_count() == len(text):
        return text
    if _shortest_integers(text):
        return text.cast(pl.Int64)
    numbers = text.cast(pl.Float64, strict=False)
    lossy = numbers.null_count() != text.null_count() or bool(text.str.contains(r"^[+-]?0\d").any())
    return text if lossy else numbers
