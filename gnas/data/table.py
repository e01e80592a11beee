"""The interactions of one file under their four names: ids as in the file, numbers checked."""

from dataclasses import dataclass, field

import polars as pl

from gnas.data.place import Place
from gnas.data.times import time_values
from gnas.data.values import id_values, rating_values

ROLES = ("user", "item", "rating", "time")
BEHAVIOUR = "behaviour"
"""The role of a column that says what was done; nobody guesses it."""


@dataclass(frozen=True)
class Table:
    """Interactions as a file has them.

    `frame` has the columns `user` and `item` (Int64 or String) and, where the file has them, `rating` (Float64) and
    `time` (Int64, seconds since 1970); missing values are null. Where one was named, `behaviour` (String) says what was
    done. `columns` says which column of the file each was, and `guesses` holds a sentence for each thing that the user
    did not say.
    """

    frame: pl.DataFrame
    columns: dict[str, str]
    guesses: list[str] = field(default_factory=list)


def typed_table(raw: pl.DataFrame, columns: dict[str, str], place: Place, guesses: list[str]) -> Table:
    """A `Table` from a frame whose columns bear the names of `ROLES` and hold whatever the file held.

    Raises:
        DataError: a rating or time that is none, with its place and value.
    """
    frame = pl.DataFrame({role: id_values(raw[role]) for role in ("user", "item")})
    if "rating" in raw.columns:
        frame = frame.with_columns(rating_values(raw["rating"], columns["rating"], place).alias("rating"))
    if BEHAVIOUR in raw.columns:
        frame = frame.with_columns(id_values(raw[BEHAVIOUR]).cast(pl.String).alias(BEHAVIOUR))
    guesses = list(guesses)
    if "time" in raw.columns:
        times, guess = time_values(raw["time"], columns["time"], place)
        if guess:
            guesses.append(guess)
        if times.null_count() < len(times):
            frame = frame.with_columns(times.alias("time"))
        elif len(times):
            guesses.append(f"{place.file}: column {columns['time']!r} is empty, so there are no times")
    # Blank lines stay until here, so that errors count lines as an editor does.
    return Table(frame.filter(~pl.all_horizontal(pl.all().is_null())), columns, guesses)
