"""Ids as files have them, numbered from 0 in their sorted order."""

import numpy as np
import polars as pl


def encode(ids: pl.Series) -> tuple[np.ndarray, pl.Series]:
    """The number of each id (int64 [n]) and the distinct ids, sorted, so that the order of the rows does not matter."""
    known = ids.unique().sort()
    if ids.dtype == pl.String:
        table = pl.DataFrame({"id": known, "number": np.arange(len(known))})
        numbers = ids.to_frame("id").join(table, on="id", how="left", maintain_order="left")["number"]
        return numbers.to_numpy().astype(np.int64), known
    values, distinct = ids.to_numpy(), known.to_numpy()
    span = int(distinct[-1]) - int(distinct[0]) + 1
    if span > 4 * len(values) + 1024:
        return np.searchsorted(distinct, values).astype(np.int64), known
    number = np.zeros(span, dtype=np.int64)
    number[distinct - distinct[0]] = np.arange(len(distinct))
    return number[values - distinct[0]], known


def compact(numbers: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers without gaps (int64), and which of the `n` old ones are still there, in order."""
    kept = np.flatnonzero(np.bincount(numbers, minlength=n))
    new = np.zeros(n, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    return new[numbers], kept
