"""A closed form that also follows links between users and between items."""

import torch

from gnas.config.architecture import ClosedForm
from gnas.data.interactions import Side
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.products import multiply
from gnas.graph.relations.links import links, normalized_sum
from gnas.graph.sparse import SparseMatrix
from gnas.nn.recommender import Recommender, Scored


def linked(base: Recommender, architecture: ClosedForm, graph: Graph, features: FeatureSet) -> Scored:
    """The closed form's scores + weight · (R S_Iᵏ + S_Uᵏ R), the rows of the users that are asked for.

    R holds who took what, S_I and S_U the links of items and of users, k is the `layers` of `features.knn`. New items
    are found through the items that they are like or linked to, new users through such users.
    """
    knn = architecture.features.knn
    items, users = (_links(features, side, knn.k, graph) for side in ("items", "users"))

    def score(users_B: torch.Tensor) -> torch.Tensor:
        score_BI = base.score(users_B)
        if items is not None:
            row_IB = graph.user_item.dense_rows(users_B).t().contiguous()
            score_BI = torch.add(score_BI, _followed(items, row_IB, knn.layers).t(), alpha=knn.weight)
        if users is not None:
            row_UB = _followed(users, users.dense_rows(users_B).t().contiguous(), knn.layers - 1)
            row_IB = multiply(graph.user_item.transposed.csr, row_UB)
            score_BI = torch.add(score_BI, row_IB.t(), alpha=knn.weight)
        return score_BI

    return Scored(graph, score, architecture, int(getattr(base, "n_parameters", 0)), features.fingerprint)


def _links(features: FeatureSet, side: Side, k: int, graph: Graph) -> SparseMatrix | None:
    matrices = [relation.matrix for relation in links(features, side, k, graph)]
    n = graph.n_users if side == "users" else graph.n_items
    return normalized_sum(matrices, n, graph.device) if matrices else None


def _followed(step: SparseMatrix, row_XB: torch.Tensor, times: int) -> torch.Tensor:
    for _ in range(times):
        row_XB = multiply(step.csr, row_XB)
    return row_XB
