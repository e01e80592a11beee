"""A graph of 4 users and 3 items, the last user without interactions, and dense copies of its matrices."""

from collections.abc import Sequence

import numpy as np
import torch

from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.graph.pattern import Pattern, start_of

PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
CPU = torch.device("cpu")
torch.set_num_threads(1)


def interactions(pairs: Sequence[tuple[int, int]] | np.ndarray, n_users: int, n_items: int) -> Interactions:
    user, item = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Interactions(user, item, n_users, n_items)


def small_graph() -> Graph:
    shuffled = [PAIRS[k] for k in (3, 0, 6, 1, 5, 2, 4)]
    return build_graph(interactions([*shuffled, PAIRS[1]], 4, 3), CPU)


def dense_links() -> torch.Tensor:
    """One where two nodes are neighbours: float32 [7, 7]."""
    links = torch.zeros(7, 7)
    for user, item in PAIRS:
        links[user, 4 + item] = links[4 + item, user] = 1
    return links


def dense_adjacency(exponent: float, self_loops: bool = False) -> torch.Tensor:
    """D^(a−1) A D^(−a), nodes of degree 0 left alone: float32 [7, 7]."""
    links = dense_links() + (torch.eye(7) if self_loops else 0)
    degree = links.sum(1)
    into, out = (torch.where(degree > 0, degree**p, 0) for p in (exponent - 1, -exponent))
    return into[:, None] * links * out[None, :]


def random_pattern(n_rows: int, n_columns: int, seed: int) -> tuple[Pattern, torch.Tensor]:
    """A pattern with empty rows and columns, and its mask: bool [n_rows, n_columns]."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(n_rows, n_columns, generator=generator) < 0.4
    mask[n_rows // 2] = False
    mask[:, n_columns // 3] = False
    return Pattern(start_of(mask.sum(1)), mask.nonzero()[:, 1], (n_rows, n_columns)), mask


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    """Standard normal float64 values that ask for a gradient."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).requires_grad_()
