"""A closed form that also follows links between items that are alike by their features."""

import torch

from gnas.config.architecture import Architecture
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.likeness import likeness
from gnas.graph.products import multiply
from gnas.nn.history import dense_rows
from gnas.nn.recommender import Recommender


class LinkedItems:
    """The closed form's scores + weight · r Sᵏ: r the user's items, S the links of `features.knn`, k its layers.

    New items are found through the items that they are like.
    """

    def __init__(self, base: Recommender, architecture: Architecture, graph: Graph, features: FeatureSet) -> None:
        self.architecture, self.base, self.graph = architecture, base, graph
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self.knn = architecture.features.knn
        self.links = likeness(features.linked("items", self.knn.k), graph.n_items, graph.device)
        self.features_fingerprint = features.fingerprint

    @property
    def n_parameters(self) -> int:
        """Number of learned weights: those of the closed form."""
        return int(getattr(self.base, "n_parameters", 0))

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        row_IB = dense_rows(self.graph.user_item, users).t().contiguous()
        for _ in range(self.knn.layers):
            row_IB = multiply(self.links.csr, row_IB)
        return torch.add(self.base.score(users), row_IB.t(), alpha=self.knn.weight)
