"""Links between users or between items, from files or found in train: friends, parts of a set, bought together."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.data.interactions import Interactions, Side
from gnas.errors import DataError
from gnas.features.read import read_frame
from gnas.registry import Registry, lazily

TYPE = "type"
"""The column beside the pairs that says what a link is."""

LINKS: Registry[Callable[[Interactions, Side], np.ndarray]] = Registry("links")
"""Links that `features.links` may name beside those of the data: functions of train and of a side to pairs of its
users or items, int64 [n, 2], in any order and direction."""
LINKS.add("shared", lazily("gnas.features.alike:shared"))


def found_links(names: Sequence[str] | str, train: Interactions, side: Side) -> dict[str, np.ndarray]:
    """Those of `LINKS` that are named, as `read_links` gives them; `all` means those of the data alone."""
    wanted = [] if names == "all" else [name for name in names if name in LINKS]
    found = {name: np.sort(LINKS[name](train, side), axis=1) for name in wanted}
    return {name: np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0) for name, pairs in found.items() if len(pairs)}


def read_links(path: Path, ids: pl.Series, name: str, report: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The pairs of the file's first two columns as places in `ids`, each pair once, whatever its direction.

    Pairs with an id that is not in `ids`, of something with itself, and without a type where the file has a column
    `type`, are left out and counted in `report`.

    Returns:
        int64 [n, 2], the smaller place first, as `name`; with a column `type` one such set a type, as `name/type`.

    Raises:
        DataError: there are not two columns.
    """
    frame = read_frame(path)
    if frame.width < 2:
        raise DataError(f"links {name!r}: {path} has {frame.width} column, not a pair of ids in each row")
    typed = TYPE in frame.columns[2:]
    for end in [*frame.columns[:2], *[TYPE] * typed]:
        if frame[end].dtype != pl.String:
            raise DataError(f"links {name!r}: column {end!r} of {path} holds lists, not one word a row")
    place = {key: row for row, key in enumerate(ids.cast(pl.String).to_list())}
    ends = [_places(frame.to_series(side), place) for side in (0, 1)]
    pairs = np.sort(np.stack(ends, axis=1), axis=1)
    known = (pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])
    if typed:
        known &= frame[TYPE].is_not_null().to_numpy()
    if lost := int((~known).sum()):
        what = ", without a type" if typed else ""
        detail = f"of {len(pairs)} pairs left out: with itself{what}, or with an id that has no interactions"
        report.append({"column": name, "step": "links", "count": lost, "detail": detail})
    if not typed:
        return {name: np.unique(pairs[known], axis=0)}
    types = frame[TYPE]
    return {
        f"{name}/{one}": np.unique(pairs[known & (types == one).fill_null(False).to_numpy()], axis=0)
        for one in types.filter(known).unique().sort()
    }


def follows(wanted: Sequence[str] | str, name: str) -> bool:
    """Whether the links `name` are among those wanted: by their name, as one type of a file, or as `all`."""
    return wanted == "all" or any(name == one or name.startswith(f"{one}/") for one in wanted)


def _places(column: pl.Series, place: dict[str, int]) -> np.ndarray:
    keys = column.str.strip_chars(" ").to_list()
    return np.array([-1 if key is None else place.get(key, -1) for key in keys], dtype=np.int64)
