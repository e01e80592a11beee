"""Finds the columns of user, item, rating and time: by what the user said, by name, by position."""

import polars as pl

from gnas.config.data import ColumnsConfig
from gnas.data.table import BEHAVIOUR, ROLES
from gnas.data.times import time_format
from gnas.errors import DataError
from gnas.registry import did_you_mean

NO_COLUMN = "none"  # what a user writes to say that a column is not there


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Lower case, letters and digits alone; earlier names win.
NAMES = {
    "user": _words(
        "user userid uid u username customer customerid cust custid visitor visitorid reviewer reviewerid member "
        "memberid account accountid client clientid person personid listener reader buyer shopper session sessionid"
    ),
    "item": _words(
        "item itemid iid i movie movieid stockcode product productid sku asin parentasin artist artistid track trackid "
        "song songid book bookid isbn business businessid place placeid venue venueid location locationid poi "
        "restaurant restaurantid game gameid article articleid news newsid anime animeid video videoid recipe recipeid "
        "content contentid"
    ),
    "rating": _words(
        "rating ratings score stars star overall plays playcount listens weight count counts n quantity qty frequency "
        "freq value"
    ),
    "time": _words(
        "timestamp time datetime date ts t unixreviewtime reviewtime ratedat createdat eventtime invoicedate orderdate "
        "purchasedate first last day when"
    ),
}
# Weaker signs, for the ends of longer names such as reviewer_user_id.
ENDINGS = {
    "user": ("userid", "user", "customerid", "customer", "visitorid"),
    "item": ("itemid", "item", "productid", "product", "movieid", "movie"),
    "rating": ("rating", "score", "stars"),
    "time": ("timestamp", "datetime", "time", "date"),
}

EARLIEST = 10**8  # seconds; the third of three numbers is a time from here on (March 1973), else a rating


def plain(name: str) -> str:
    """A column's name without case, spaces and marks."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def columns_of(
    names: list[str], head: pl.DataFrame, config: ColumnsConfig, file: str, header: bool
) -> tuple[dict[str, int], list[str]]:
    """The index of each role's column, and the guesses made.

    `head` holds some first rows under any names. Columns are searched by name where the file has a `header`, by
    position otherwise.

    Raises:
        DataError: a column that was named is missing, one column has two roles, or user and item cannot be told.
    """
    found = {role: _named(role, getattr(config, role), names, file) for role in (*ROLES, BEHAVIOUR)}
    taken = [index for index in found.values() if index is not None]
    if len(set(taken)) < len(taken):
        said = ", ".join(f"{role} {names[index]!r}" for role, index in found.items() if index is not None)
        raise DataError(f"{file}: data.columns gives one column two roles ({said})")
    open_roles = [role for role in ROLES if found[role] is None and getattr(config, role) != NO_COLUMN]
    pick = _by_name if header else _by_position
    guessed = pick(open_roles, names, head, set(taken))
    result = {role: index for role in found if (index := guessed.get(role, found[role])) is not None}
    missing = [role for role in ("user", "item") if role not in result]
    if missing:
        raise DataError(
            f"{file}: cannot tell which column holds the {' and which the '.join(missing)}; the columns are "
            f"{', '.join(map(repr, names))}; set {' and '.join(f'data.columns.{role}' for role in missing)}"
            + (", or data.header: false where the first line is no header" if header else "")
        )
    if not guessed:
        return result, []
    what = ", ".join(f"{role} = {_shown(names[index], header)}" for role, index in guessed.items())
    return result, [f"{file}: columns {what}" if header else f"{file}: no header, {what}"]


def _shown(name: str, header: bool) -> str:
    return repr(name) if header else f"column {name}"


def _named(role: str, said: str | int | None, names: list[str], file: str) -> int | None:
    """The index of the column that the user named for `role`."""
    if said is None or said == NO_COLUMN:
        return None
    if said in names:
        return names.index(str(said))
    if isinstance(said, int) or said.isdecimal():
        if 0 <= int(said) < len(names):
            return int(said)
        raise DataError(f"{file} has {len(names)} columns, counted from 0; data.columns.{role} asks for number {said}")
    raise DataError(f"{file} has no column {said!r}, which data.columns.{role} asks for ({did_you_mean(said, names)})")


def _by_name(roles: list[str], names: list[str], head: pl.DataFrame, taken: set[int]) -> dict[str, int]:
    guessed: dict[str, int] = {}
    bare = [plain(name) for name in names]
    for endings in (False, True):
        for role in roles:
            if role in guessed:
                continue
            free = [index for index in range(len(names)) if index not in taken]
            if endings:
                fits = [i for end in ENDINGS[role] for i in free if bare[i].endswith(end) and _holds(role, head, i)]
            else:
                fits = [i for name in NAMES[role] for i in free if bare[i] == name]
            if fits:
                guessed[role] = fits[0]
                taken = taken | {fits[0]}
    lone = [role for role in ("user", "item") if role in roles and role not in guessed]
    rest = [index for index in range(len(names)) if index not in taken]
    if len(names) == 2 and len(lone) == 1 and len(rest) == 1:
        guessed[lone[0]] = rest[0]
    return guessed


def _holds(role: str, head: pl.DataFrame, index: int) -> bool:
    """Whether the values of a column with a merely similar name fit the role."""
    if role in ("user", "item"):
        return True
    values = head.to_series(index).drop_nulls()
    if values.dtype.is_numeric() or (role == "time" and values.dtype.is_temporal()):
        return True
    if values.dtype != pl.String or values.is_empty():
        return False
    return _numeric(values) or (role == "time" and time_format(str(values[0])) is not None)


def _numeric(values: pl.Series) -> bool:
    return values.cast(pl.Float64, strict=False).null_count() == values.null_count()


def _by_position(roles: list[str], names: list[str], head: pl.DataFrame, taken: set[int]) -> dict[str, int]:
    """User, item, rating, time in this order; a third or fourth column that holds times is the time."""
    free = [index for index in range(len(names)) if index not in taken]
    guessed: dict[str, int] = {}
    for role in ("user", "item"):
        if role in roles and free:
            guessed[role] = free.pop(0)
    for index in free[:2]:
        role = "time" if _is_time(head.to_series(index)) else "rating"
        if role in roles and role not in guessed and _holds(role, head, index):
            guessed[role] = index
    return guessed


def _is_time(values: pl.Series) -> bool:
    values = values.drop_nulls()
    if values.dtype.is_temporal():
        return True
    if values.dtype == pl.String and not _numeric(values):
        return not values.is_empty() and time_format(str(values[0])) is not None
    numbers = values.cast(pl.Float64, strict=False)
    smallest = numbers.min()
    return isinstance(smallest, float) and smallest >= EARLIEST
