"""The items that were taken most, the same for all users."""

import torch

from gnas.baselines.baseline import Settings
from gnas.graph.bipartite import Graph

GRID: list[Settings] = [{}]


def fit_popularity(graph: Graph) -> "Popularity":
    """An item's score is its number of interactions."""
    return Popularity(graph)


class Popularity:
    """One row of scores for all users."""

    def __init__(self, graph: Graph) -> None:
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self._score_I = graph.degree_I

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        return self._score_I.expand(len(users), -1).clone()
