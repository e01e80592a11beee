"""Graphs between users, or between items, that are alike by their features or linked by the data."""

from collections.abc import Sequence

import numpy as np
import torch

from gnas.graph.normalize import power
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.sparse import SparseMatrix


def likeness(links: Sequence[np.ndarray], n_nodes: int, device: torch.device) -> SparseMatrix:
    """The symmetric matrix D^-½ A D^-½ [N, N], A_vw the number of times that v and w are linked, either way.

    Args:
        links: pairs of nodes, int64 [n, 2] each.
        n_nodes: N; nodes without a link have an empty row.
        device: where the matrix is to lie.
    """
    pairs = np.concatenate([np.zeros((0, 2), dtype=np.int64), *links])
    return _normalised(pairs, _degree(pairs, n_nodes), device)


def likeness_parts(links: Sequence[np.ndarray], n_nodes: int, device: torch.device) -> list[SparseMatrix]:
    """The share of each of `links` in `likeness(links)`: D^-½ A_c D^-½ with the degrees of all. They sum to it."""
    degree_N = _degree(np.concatenate([np.zeros((0, 2), dtype=np.int64), *links]), n_nodes)
    return [_normalised(pairs, degree_N, device) for pairs in links]


def _degree(pairs: np.ndarray, n_nodes: int) -> np.ndarray:
    return np.bincount(pairs.ravel(), minlength=n_nodes)


def _normalised(pairs: np.ndarray, degree_N: np.ndarray, device: torch.device) -> SparseMatrix:
    n_nodes = len(degree_N)
    left, right = pairs.T
    keys = [left * n_nodes + right, right * n_nodes + left]
    key, count = np.unique(np.concatenate(keys), return_counts=True)
    row, column = np.divmod(key, n_nodes)
    start = start_of(torch.from_numpy(np.bincount(row, minlength=n_nodes)))
    pattern = Pattern(start.to(device), torch.from_numpy(column).to(device), (n_nodes, n_nodes), symmetric=True)
    weight_N = power(torch.from_numpy(degree_N).float().to(device), -0.5)
    value = torch.from_numpy(count).float().to(device) * weight_N[pattern.row] * weight_N[pattern.column]
    return SparseMatrix(pattern, value, symmetric=True)
