"""Sorts by small integers in linear time, for cleaning and splitting."""

import numpy as np
import scipy.sparse as sp


def stable_order(key: np.ndarray, size: int) -> np.ndarray:
    """The stable order of `key`, whole numbers in [0, size), by counting; as `np.argsort(key, kind="stable")`.

    The transpose of a sparse matrix with one entry per row is a counting sort, written in C.
    """
    n = len(key)
    rows = np.arange(n + 1, dtype=np.int32 if n < 2**31 - 1 else np.int64)
    matrix = sp.csr_matrix((np.zeros(n, np.int8), key.astype(rows.dtype), rows), shape=(n, size), copy=False)
    return np.asarray(matrix.tocsc().indices)


def pair_order(first: np.ndarray, second: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    """The stable order by `first`, then by `second`."""
    order = stable_order(second, sizes[1])
    by_first = stable_order(first[order], sizes[0])
    return np.asarray(order.take(by_first))


def positions(sorted_key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each element its place within its group of equals, counted from 0, and the sizes of the groups [size]."""
    counts = np.bincount(sorted_key, minlength=size)
    return places(counts), counts


def places(counts: np.ndarray) -> np.ndarray:
    """Of each element its place within its group, counted from 0; the groups stand one after the other."""
    return np.asarray(np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts))
