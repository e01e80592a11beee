"""An opened table of any format: columns, first rows, and a way to read the rest."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from gnas.data.place import Place

LOOKED_AT_ROWS = 100


@dataclass(frozen=True)
class Layout:
    """What the user says of how a file is written; None: look."""

    separator: str | None = None
    header: bool | None = None


@dataclass(frozen=True)
class Sheet:
    """A table in a file.

    `names` are its columns, numbers from 0 where it has no `header`; `head` holds some first rows under any names.
    `read` takes the wanted columns by their new names, as indices, and which of these are likely to hold numbers; it
    gives them as the file has them, text where a text file was read. `place` is where the rows begin. A format that
    knows which columns are the user, the item and so on says so in `roles`, and in `notes` what it took for granted.
    """

    names: list[str]
    head: pl.DataFrame
    header: bool
    read: Callable[[Mapping[str, int], Collection[str]], pl.DataFrame]
    place: Place
    roles: Mapping[str, int] | None = None
    notes: tuple[str, ...] = field(default=())


def sheet_of(frame: pl.DataFrame, place: Place) -> Sheet:
    """A sheet of a frame that was read whole."""

    def read(columns: Mapping[str, int], numeric: Collection[str]) -> pl.DataFrame:  # noqa: ARG001 - it has types
        return frame.select(**{name: pl.nth(index) for name, index in columns.items()})

    return Sheet(frame.columns, frame.head(LOOKED_AT_ROWS), True, read, place)
