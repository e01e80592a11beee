"""Small graphs for closed forms, dense beside sparse, with one user and one item that have no interactions."""

import numpy as np
import torch

from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.recommender import Recommender


def world(n_users: int = 30, n_items: int = 20, density: float = 0.25, seed: int = 0) -> tuple[Graph, np.ndarray]:
    """The graph and its dense matrix R, float64 [U, I]; the last user and the last item are empty."""
    rng = np.random.default_rng(seed)
    popularity_I = rng.permutation(np.linspace(0.3, 2.0, n_items))
    dense_UI = (rng.random((n_users, n_items)) < density * popularity_I).astype(float)
    dense_UI[-1] = 0
    dense_UI[:, -1] = 0
    user, item = np.nonzero(dense_UI)
    return build_graph(Interactions(user, item, n_users, n_items), torch.device("cpu")), dense_UI


def degree_power(dense_UI: np.ndarray, axis: int, exponent: float, shrink: float = 0.0) -> np.ndarray:
    """Degrees of items (axis 0) or users (axis 1), and `shrink` more, to a power; 0 for empty ones."""
    degree = dense_UI.sum(axis)
    return np.asarray(np.where(degree > 0, np.maximum(degree + shrink, 1) ** exponent, 0.0))


def normalized(
    dense_UI: np.ndarray, user_norm: float, item_norm: float, user_shrink: float = 0.0, item_shrink: float = 0.0
) -> np.ndarray:
    """(D_U + user_shrink)^-user_norm R (D_I + item_shrink)^-item_norm."""
    user_U = degree_power(dense_UI, 1, -user_norm, user_shrink)
    return np.asarray(user_U[:, None] * dense_UI * degree_power(dense_UI, 0, -item_norm, item_shrink))


def all_scores(recommender: Recommender, n_users: int) -> np.ndarray:
    """Scores of everybody, asked for in blocks and in an order that is not theirs, put back in theirs."""
    order = np.random.default_rng(1).permutation(n_users)
    blocks = [torch.from_numpy(order[start : start + 7]) for start in range(0, n_users, 7)]
    scores = torch.cat([recommender.score(block) for block in blocks])
    assert scores.dtype == torch.float32
    return scores.numpy().astype(float)[np.argsort(order)]
