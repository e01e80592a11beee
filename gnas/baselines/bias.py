"""A number for each user and each item: how often an item was taken, or what it deviates from the mean rating."""

import torch

from gnas.baselines.baseline import Settings
from gnas.errors import DataError
from gnas.graph.bipartite import Graph
from gnas.nn.recommender import Scored

NOTHING: list[Settings] = [{}]
"""The grid of what has no parameters."""
BIAS_GRID: list[Settings] = [
    {"item_shrink": item, "user_shrink": user}
    for item, user in ((5, 5), (2, 5), (5, 2), (10, 10), (25, 10), (1, 1), (25, 25))
]


def fit_popularity(graph: Graph) -> Scored:
    """An item's score is its number of interactions, the same for all users."""
    return _sums(graph, torch.zeros_like(graph.degree_U), graph.degree_I)


def fit_mean(graph: Graph) -> Scored:
    """The mean train rating μ for every pair."""
    mean = _ratings(graph).mean()
    return _sums(graph, mean.expand(graph.n_users), torch.zeros_like(graph.degree_I))


def fit_bias(graph: Graph, item_shrink: float = 5.0, user_shrink: float = 5.0) -> Scored:
    """The sum μ + b_u + b_i: b_i = Σ (r − μ) / (n_i + item_shrink), b_u = Σ (r − μ − b_i) / (n_u + user_shrink).

    Koren, "Factor in the Neighbors", TKDD 2010, section 2.1.

    Raises:
        DataError: the train interactions have no ratings.
    """
    rating_E, pattern = _ratings(graph), graph.user_item.pattern
    user_E, item_E = pattern.row.long(), pattern.column.long()
    count_U, count_I = graph.degree_U, graph.degree_I
    mean = rating_E.mean()
    item_I = torch.zeros_like(count_I).index_add_(0, item_E, rating_E - mean) / (count_I + item_shrink)
    rest_E = rating_E - mean - item_I[item_E]
    user_U = torch.zeros_like(count_U).index_add_(0, user_E, rest_E) / (count_U + user_shrink)
    return _sums(graph, user_U + mean, item_I)


def _sums(graph: Graph, user_U: torch.Tensor, item_I: torch.Tensor) -> Scored:
    """A score is the number of the user and the number of the item, added up."""
    return Scored(graph, lambda users: user_U[users, None] + item_I)


def _ratings(graph: Graph) -> torch.Tensor:
    if graph.rating_E is None or not len(graph.rating_E):
        raise DataError("rating prediction needs a rating column, but the train interactions have no ratings")
    return graph.rating_E
