"""Item-based nearest neighbours: Sarwar et al., "Item-based collaborative filtering", WWW 2001."""

import torch

from gnas.baselines.baseline import Settings
from gnas.baselines.neighbours import Neighbours, nearest
from gnas.graph.bipartite import Graph
from gnas.graph.spgemm import dense_product

GRID: list[Settings] = [
    {"neighbours": neighbours, "shrink": shrink}
    for neighbours, shrink in ((100, 10), (400, 100), (100, 0), (1000, 10), (50, 10), (400, 10), (20, 0), (1000, 100))
]


def fit_item_knn(graph: Graph, neighbours: int = 100, shrink: float = 10.0) -> Neighbours:
    """weight(i, j) = n_ij / (√(n_i n_j) + shrink) for the `neighbours` items i nearest to j; n_ij users took both."""
    count_I = graph.degree_I
    user_item = graph.user_item

    def weights(items_b: torch.Tensor) -> torch.Tensor:
        both_bI = dense_product(user_item.transposed.rows(items_b), user_item.csr)
        norm_bI = (count_I[items_b, None] * count_I).sqrt_().add_(shrink)
        return both_bI.div_(norm_bI.clamp_(min=1e-9))

    return Neighbours(graph, nearest(graph.n_items, graph.device, weights, neighbours).transposed)
