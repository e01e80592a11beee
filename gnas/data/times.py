"""Times as files write them, turned into whole seconds since 1970."""

import polars as pl

from gnas.data.place import Place
from gnas.errors import DataError

# Greatest value that is still read in that unit: seconds until the year 5138, and so on.
_UNITS = (("seconds", 1, 10**11), ("milliseconds", 10**3, 10**14), ("microseconds", 10**6, 10**17))

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
_CLOCKS = ("%H:%M:%S%.f", "%H:%M:%S", "%H:%M")
_ZONES = ("", "Z", "%#z")
_MISSING = ("", "NA", "N/A", "null", "None", "?", "\\N", "NaT")


def time_values(column: pl.Series, name: str, place: Place) -> tuple[pl.Series, str | None]:
    """Times as Int64 seconds since 1970, and a sentence on the unit where it had to be guessed.

    Numbers count seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size. Text is a
    date such as `2011-04-07`, `2011-04-07 10:43:00` or `2011-04-07T10:43:00Z`; without a zone it is taken as UTC.
    Empty cells become null.

    Raises:
        DataError: a negative time, NaN, or text that is no date.
    """
    if column.dtype == pl.Date or isinstance(column.dtype, pl.Datetime):
        return _not_negative(column.dt.epoch("s"), column, name, place), None
    if not column.dtype.is_numeric() and column.dtype != pl.Null:
        text = column.cast(pl.String).str.strip_chars()
        text = text.set(text.is_in(_MISSING), None)
        numbers = text.cast(pl.Float64, strict=False)
        if numbers.null_count() != text.null_count() or _looks_like_dates(text):
            return _not_negative(_dates(text, name, place), column, name, place), None
        exact = text.cast(pl.Int64, strict=False)
        column = exact if exact.null_count() == text.null_count() else numbers
    if column.dtype.is_float():
        bad = column.is_nan() | column.is_infinite()
        if bad.any():
            raise _wrong(int(bad.arg_true()[0]), column, name, place)
    return _whole_seconds(_not_negative(column, column, name, place), name, place)


def _whole_seconds(column: pl.Series, name: str, place: Place) -> tuple[pl.Series, str | None]:
    largest = column.max()
    if not isinstance(largest, int | float):
        return column.cast(pl.Int64), None
    unit, per_second = next(
        ((unit, per_second) for unit, per_second, limit in _UNITS if largest < limit), ("nanoseconds", 10**9)
    )
    seconds = column.cast(pl.Int64) // per_second if column.dtype.is_integer() else (column / per_second).floor()
    guess = None if per_second == 1 else f"{place.file}: column {name!r} holds {unit} since 1970"
    return seconds.cast(pl.Int64), guess


def _looks_like_dates(text: pl.Series) -> bool:
    """Whether digits alone are dates (20110407) rather than a count of seconds."""
    return bool((text.drop_nulls().head(1000).str.contains(r"^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$")).all()) and (
        text.null_count() < len(text)
    )


def date_format(example: str) -> str | None:
    """The format that reads `example`, or None."""
    one = pl.Series([example])
    for day in _DAYS:
        formats = [day] + [f"{day}{gap}{clock}{zone}" for gap in " T" for clock in _CLOCKS for zone in _ZONES]
        for form in formats:
            if _parsed(one, form).null_count() == 0:
                return form
    return None


def _parsed(text: pl.Series, form: str) -> pl.Series:
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
        form = date_format(str(text[index]))
        if form is None:
            raise DataError(
                f"{place.row(index)}: column {name!r} is read as times and holds {text[index]!r}, which is neither "
                "seconds since 1970 nor a date like 2011-04-07 10:43:00; mend it, or set data.columns.time to another "
                "column or to none"
            )
        seconds = seconds.zip_with(seconds.is_not_null(), _parsed(text, form))


def _not_negative(seconds: pl.Series, column: pl.Series, name: str, place: Place) -> pl.Series:
    bad = seconds < 0
    if bad.any():
        raise _wrong(int(bad.arg_true()[0]), column, name, place)
    return seconds


def _wrong(index: int, column: pl.Series, name: str, place: Place) -> DataError:
    return DataError(
        f"{place.row(index)}: column {name!r} is read as times and holds {column[index]}; times are seconds since 1970 "
        "or dates from then on; mend the row, or set data.columns.time to none"
    )
