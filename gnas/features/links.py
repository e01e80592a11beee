"""Links between users, or between items, that come with the data: friends, followers, parts of a set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.errors import DataError
from gnas.features.read import read_frame


def read_links(path: Path, ids: pl.Series, name: str, report: list[dict[str, Any]]) -> np.ndarray:
    """The pairs of the file's first two columns as places in `ids`, each pair once, whatever its direction.

    Pairs with an id that is not in `ids`, and of something with itself, are left out and counted in `report`.

    Returns:
        int64 [n, 2], the smaller place first.

    Raises:
        DataError: there are not two columns.
    """
    frame = read_frame(path)
    if frame.width < 2:
        raise DataError(f"links {name!r}: {path} has {frame.width} column, not a pair of ids in each row")
    place = {key: row for row, key in enumerate(ids.cast(pl.String).to_list())}
    ends = [_places(frame.to_series(side), place) for side in (0, 1)]
    pairs = np.sort(np.stack(ends, axis=1), axis=1)
    known = (pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])
    if lost := int((~known).sum()):
        detail = f"of {len(pairs)} pairs left out: with itself, or with an id that has no interactions"
        report.append({"column": name, "step": "links", "count": lost, "detail": detail})
    return np.unique(pairs[known], axis=0)


def _places(column: pl.Series, place: dict[str, int]) -> np.ndarray:
    keys: Sequence[str | None] = column.cast(pl.String).to_list()
    return np.array([-1 if key is None else place.get(key, -1) for key in keys], dtype=np.int64)
