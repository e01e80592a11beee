"""The type of each column, given by the user or guessed, with the reason for the guess."""

import re
from dataclasses import dataclass

import polars as pl

from gnas.config.tables import ColumnType
from gnas.data.times import are_days, parsed, time_format, whole_seconds
from gnas.errors import DataError

IMAGE_ENDINGS = ("jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff")
AUDIO_ENDINGS = ("wav", "flac", "ogg", "mp3", "aiff", "aif", "opus")
TAG_SEPARATORS = ("|", ";", ",", "/")
_MOST = 0.95
"""A rule holds where this share of the known values obeys it."""
_TIME_NAME = re.compile(r"(^|_)(time|date|timestamp|created|updated|released?)($|_)|_at$", re.IGNORECASE)
_CODE_NAME = re.compile(r"(^|_)(zip|zip_?code|post_?code|postal_?code|id)$|[a-z]I[dD]$", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A typed column; `separator` is the tags', `date` the format of a time that is not seconds since 1970."""

    name: str
    type: ColumnType
    reason: str
    separator: str | None = None
    date: str | None = None


def typed_column(name: str, values: pl.Series, wanted: ColumnType | None = None) -> Column:
    """The column's type: `wanted` where given, else guessed from the known (non-null) `values`.

    Raises:
        DataError: a column of lists is wanted as something else.
    """
    known = values.drop_nulls()
    guess = _guess(name, known)
    if wanted is None or wanted == guess.type:
        return guess
    if known.dtype != pl.String and wanted != "ignore":
        raise DataError(f"column {name!r} holds lists: it is {guess.type}, and cannot be {wanted}; take that out")
    separator = _tag_separator(known, strict=False) if wanted == "tags" else None
    date = _date_format(known) if wanted == "time" else None
    return Column(name, wanted, f"{name} is {wanted}: the configuration says so", separator, date)


def parse_numbers(values: pl.Series) -> pl.Series:
    """Float64 with null where the text is not a finite number."""
    numbers = values.str.strip_chars().cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite(), None)


def parse_times(values: pl.Series, date: str | None) -> pl.Series:
    """Seconds since 1970 as Float64, of dates or of counts whose unit their size tells; null where it is no time."""
    if date is None:
        return whole_seconds(parse_numbers(values))[0].cast(pl.Float64)
    return parsed(values.str.strip_chars(), date).cast(pl.Float64)


def split_tags(values: pl.Series, separator: str | None) -> list[list[str]]:
    """The tags of each row, stripped, in order of first occurrence, without repetition; none for null."""
    rows = values.to_list()
    if values.dtype == pl.String:
        rows = [None if row is None else (row.split(separator) if separator else [row]) for row in rows]
    return [list(dict.fromkeys(tag.strip() for tag in row or () if tag and tag.strip())) for row in rows]


def _guess(name: str, known: pl.Series) -> Column:
    def column(kind: ColumnType, because: str, separator: str | None = None, date: str | None = None) -> Column:
        return Column(name, kind, f"{name} is {kind}: {because}", separator, date)

    n = len(known)
    if n == 0:
        return column("ignore", "no value is known")
    if known.dtype == pl.List(pl.Float32):
        return column("vector", "its values are lists of numbers")
    if known.dtype == pl.List(pl.String):
        return column("tags", "its values are lists")
    distinct = known.n_unique()
    if _share(known.str.contains(r"^https?://")) >= _MOST:
        return column("ignore", "its values are web addresses, and nothing is downloaded")
    ending = known.str.to_lowercase().str.extract(r"\.([a-z0-9]+)$")
    if _share(ending.is_in(IMAGE_ENDINGS)) >= _MOST:
        return column("image", "its values end like names of pictures")
    if _share(ending.is_in(AUDIO_ENDINGS)) >= _MOST:
        return column("audio", "its values end like names of sounds")
    if _CODE_NAME.search(name):
        return column("category", "its name says that it is a code")
    numbers = parse_numbers(known).drop_nulls()
    if len(numbers) >= _MOST * n:
        if _TIME_NAME.search(name) and float(numbers.median() or 0) > 1e8:  # type: ignore[arg-type]
            return column("time", "its name says so, and its values can be seconds since 1970")
        if _TIME_NAME.search(name) and are_days(known.str.strip_chars()):
            return column("time", f"its name says so, and its values are dates such as {known[0]}", date="%Y%m%d")
        if numbers.is_in([0.0, 1.0]).all():
            return column("category", "its values are 0 and 1")
        return column("number", "its values are numbers")
    if date := _date_format(known):
        return column("time", f"its values are dates such as {known[0]}", date=date)
    if separator := _tag_separator(known):
        return column("tags", f"its values are short words between {separator!r}, which repeat", separator)
    words = float(known.str.count_matches(r"\S+").mean())  # type: ignore[arg-type]
    if words >= 4 or (distinct > 0.5 * n and words >= 1.5):
        return column("text", f"its values have {words:.1f} words on average")
    if distinct > 0.5 * n and n >= 10:
        return column("ignore", f"{distinct} of its {n} values are different and are not text: nothing repeats")
    return column("category", f"it has {distinct} different values")


def _share(holds: pl.Series) -> float:
    return float(holds.fill_null(False).mean() or 0.0)  # type: ignore[arg-type]


def _date_format(known: pl.Series) -> str | None:
    """The format of nearly all dates, which one of the first values has."""
    sample = known.head(1000).str.strip_chars()
    forms = dict.fromkeys(form for value in sample.head(20) if (form := time_format(value)))
    return next((form for form in forms if _share(parsed(sample, form).is_not_null()) >= _MOST), None)


def _tag_separator(known: pl.Series, strict: bool = True) -> str | None:
    """The separator whose parts look like tags: short, few words each, and repeating across rows."""
    sample = known.head(10_000)
    for separator in TAG_SEPARATORS:
        if not strict:
            if _share(sample.str.contains(separator, literal=True)) > 0:
                return separator
            continue
        if _share(sample.str.contains(separator, literal=True)) < 0.1:
            continue
        parts = sample.str.split(separator).explode().str.strip_chars().drop_nulls()
        parts = parts.filter(parts != "")
        words = float(parts.str.count_matches(r"\S+").mean())  # type: ignore[arg-type]
        if words <= 2.5 and len(parts) and parts.n_unique() <= 0.5 * len(parts):
            return separator
    return None
