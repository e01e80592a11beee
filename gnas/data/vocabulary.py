"""Ids of the files, numbered from 0 in their sorted order."""

import numpy as np
import polars as pl


def encode(ids: pl.Series) -> tuple[np.ndarray, pl.Series]:
    """The number of each id (int64 [n]) and the distinct ids, sorted, so that the order of the rows does not matter."""
    if ids.dtype == pl.String:
        known = ids.unique().sort()
        table = pl.DataFrame({"id": known, "number": np.arange(len(known))})
        numbers = ids.to_frame("id").join(table, on="id", how="left", maintain_order="left")["number"]
        return numbers.to_numpy().astype(np.int64), known
    values = ids.to_numpy()
    first, last = int(values.min()), int(values.max())
    if last - first >= 4 * len(values) + 1024:
        known = ids.unique().sort()
        return np.searchsorted(known.to_numpy(), values).astype(np.int64), known
    place = values - first
    seen = np.zeros(last - first + 1, dtype=bool)
    seen[place] = True
    known = pl.Series(ids.name, np.flatnonzero(seen) + first, dtype=ids.dtype)
    return (np.cumsum(seen) - 1)[place], known


def compact(numbers: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers without gaps (int64), and which of the `n` old ones are still there, in order."""
    kept = np.flatnonzero(np.bincount(numbers, minlength=n))
    new = np.zeros(n, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    return new[numbers], kept
