"""Graphs between users, or between items, that are alike by their features."""

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
    left, right = np.concatenate([np.zeros((0, 2), dtype=np.int64), *links]).T
    keys = [left * n_nodes + right, right * n_nodes + left]
    key, count = np.unique(np.concatenate(keys), return_counts=True)
    row, column = np.divmod(key, n_nodes)
    start = start_of(torch.from_numpy(np.bincount(row, minlength=n_nodes)))
    pattern = Pattern(start.to(device), torch.from_numpy(column).to(device), (n_nodes, n_nodes), symmetric=True)
    degree_N = torch.from_numpy(np.bincount(row, count, n_nodes)).float().to(device)
    weight_N = power(degree_N, -0.5)
    value = torch.from_numpy(count).float().to(device) * weight_N[pattern.row] * weight_N[pattern.column]
    return SparseMatrix(pattern, value, symmetric=True)
