"""A closed form that also follows links between users and between items."""

import torch

from gnas.config.architecture import ClosedForm
from gnas.data.interactions import Side
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.products import multiply
from gnas.graph.relations.links import links_and_knn, normalized_sum
from gnas.graph.sparse import SparseMatrix
from gnas.nn.recommender import Recommender


class Linked:
    """The closed form's scores + weight · (R S_Iᵏ + S_Uᵏ R), the rows of the users that are asked for.

    R holds who took what, S_I and S_U the links of items and of users, k is the `layers` of `features.knn`. New items
    are found through the items that they are like or linked to, new users through such users.
    """

    def __init__(self, base: Recommender, architecture: ClosedForm, graph: Graph, features: FeatureSet) -> None:
        self.architecture, self.base, self.graph = architecture, base, graph
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self.knn = architecture.features.knn
        self.items = self._links(features, "items", graph.n_items)
        self.users = self._links(features, "users", graph.n_users)
        self.features_fingerprint = features.fingerprint

    @property
    def n_parameters(self) -> int:
        """Number of learned weights: those of the closed form."""
        return int(getattr(self.base, "n_parameters", 0))

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        score_BI = self.base.score(users)
        if self.items is not None:
            row_IB = self.graph.user_item.dense_rows(users).t().contiguous()
            row_IB = self._followed(self.items, row_IB, self.knn.layers)
            score_BI = torch.add(score_BI, row_IB.t(), alpha=self.knn.weight)
        if self.users is not None:
            row_UB = self.users.dense_rows(users).t().contiguous()
            row_UB = self._followed(self.users, row_UB, self.knn.layers - 1)
            row_IB = multiply(self.graph.user_item.transposed.csr, row_UB)
            score_BI = torch.add(score_BI, row_IB.t(), alpha=self.knn.weight)
        return score_BI

    def _links(self, features: FeatureSet, side: Side, n: int) -> SparseMatrix | None:
        relations = links_and_knn(features, side, self.knn.k, self.graph)
        matrices = [relation.matrix for relation in relations]
        return normalized_sum(matrices, n, self.graph.device) if matrices else None

    @staticmethod
    def _followed(links: SparseMatrix, row_XB: torch.Tensor, times: int) -> torch.Tensor:
        for _ in range(times):
            row_XB = multiply(links.csr, row_XB)
        return row_XB
