"""Times in any notation as whole seconds since 1970."""

import re
from collections.abc import Iterator

import polars as pl

from gnas.data.place import Place
from gnas.data.values import WIDE, is_unknown
from gnas.errors import DataError

_UNITS = (("seconds", 1, 10**11), ("milliseconds", 10**3, 10**14), ("microseconds", 10**6, 10**17))
"""Name, how many make a second, and from which count on a finer unit is meant: seconds go until the year 5138."""
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d-%b-%Y", "%d.%m.%Y", "%m/%d/%Y")
_CLOCKS = ("%H:%M:%S%.f", "%H:%M:%S", "%H:%M")
_ZONES = ("", "Z", "%#z")
_DIGITS = r"^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$"


def time_values(column: pl.Series, name: str, place: Place) -> tuple[pl.Series, str | None]:
    """Times as Int64 seconds since 1970, and a sentence on the unit where it had to be guessed.

    Numbers count seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size. Text is a
    date such as `2011-04-07`, `07.04.2011` or `2011-04-07T10:43:00Z`; without a zone it is taken as UTC. Cells that say
    that nothing is known become null.

    Raises:
        DataError: a negative or infinite time, or text that is no date.
    """
    if column.dtype == pl.Date or isinstance(column.dtype, pl.Datetime):
        return _not_negative(column.dt.epoch("s"), column, name, place), None
    if column.dtype == pl.Null:
        column = column.cast(pl.Int64)
    if not column.dtype.is_numeric():
        text = column.cast(pl.String).str.strip_chars()
        text = text.set(is_unknown(text), None)
        numbers = text.cast(pl.Float64, strict=False)
        if numbers.null_count() != text.null_count() or are_days(text):
            return _not_negative(_dates(text, name, place), column, name, place), None
        exact = text.cast(pl.Int64, strict=False)
        column = exact if exact.null_count() == text.null_count() else numbers
    if column.dtype.is_float() or column.dtype in WIDE:
        column = column.cast(pl.Float64).fill_nan(None)
        if column.is_infinite().any():
            raise _wrong(int(column.is_infinite().arg_true()[0]), column, name, place)
    seconds, unit = whole_seconds(_not_negative(column, column, name, place))
    return seconds, None if unit == "seconds" else f"{place.file}: column {name!r} holds {unit} since 1970"


def whole_seconds(count: pl.Series) -> tuple[pl.Series, str]:
    """Counts since 1970 as Int64 seconds, and the unit that they are taken for, by the largest of them."""
    largest = count.max()
    if not isinstance(largest, int | float):
        return count.cast(pl.Int64), "seconds"
    unit, per_second = next(
        ((unit, per_second) for unit, per_second, limit in _UNITS if largest < limit), ("nanoseconds", 10**9)
    )
    seconds = count.cast(pl.Int64) // per_second if count.dtype.is_integer() else (count / per_second).floor()
    return seconds.cast(pl.Int64, strict=False), unit


def are_days(text: pl.Series) -> bool:
    """Whether digits alone are dates (20110407) rather than numbers."""
    known = text.drop_nulls().head(1000)
    return len(known) > 0 and bool(known.str.contains(_DIGITS).all())


def time_format(example: str) -> str | None:
    """The format of the date `example`, or None."""
    if not re.match(r"\s*\d", example):
        return None
    one = pl.Series([example])
    return next((form for form in _formats() if parsed(one, form).null_count() == 0), None)


def _formats() -> Iterator[str]:
    for day in _DAYS:
        yield day
        yield from (f"{day}{gap}{clock}{zone}" for gap in " T" for clock in _CLOCKS for zone in _ZONES)


def parsed(text: pl.Series, form: str) -> pl.Series:
    """Int64 seconds since 1970 of dates in the format `form`; null where one is written otherwise."""
    if "%H" not in form:
        return text.str.to_date(form, strict=False).dt.epoch("s")
    return text.str.to_datetime(form, time_unit="us", strict=False).dt.epoch("s")


def _dates(text: pl.Series, name: str, place: Place) -> pl.Series:
    """Dates of one format or, where rows differ, of several."""
    seconds = pl.repeat(None, len(text), dtype=pl.Int64, eager=True)
    while True:
        unread = seconds.is_null() & text.is_not_null()
        if not unread.any():
            return seconds
        index = int(unread.arg_true()[0])
        form = time_format(str(text[index]))
        if form is None:
            raise DataError(
                f"{place.row(index)}: column {name!r} is read as times and holds {text[index]!r}, which is neither "
                "seconds since 1970 nor a date like 2011-04-07 10:43:00; fix it, or set data.columns.time to another "
                "column or to none"
            )
        seconds = seconds.zip_with(seconds.is_not_null(), parsed(text, form))


def _not_negative(seconds: pl.Series, column: pl.Series, name: str, place: Place) -> pl.Series:
    bad = seconds < 0
    if bad.any():
        raise _wrong(int(bad.arg_true()[0]), column, name, place)
    return seconds


def _wrong(index: int, column: pl.Series, name: str, place: Place) -> DataError:
    return DataError(
        f"{place.row(index)}: column {name!r} is read as times and holds {column[index]}; times are seconds since 1970 "
        "or dates from then on; fix the row, or set data.columns.time to none"
    )
