"""Random walks user, item, user, item, in which popular ends count less.

Paudel et al., "Updatable, accurate, diverse, and scalable recommendations for interactive applications", TiiS 2017.
"""

import torch

from gnas.baselines.baseline import Settings
from gnas.baselines.neighbours import Neighbours, nearest
from gnas.graph.bipartite import Graph
from gnas.graph.normalize import power
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_product

GRID: list[Settings] = [
    {"alpha": alpha, "beta": beta, "neighbours": neighbours}
    for alpha, beta, neighbours in (
        (0.6, 0.4, 400), (0.4, 0.2, 400), (0.8, 0.6, 400), (1.0, 0.6, 100), (0.6, 0.2, 1000), (0.6, 0.4, 1000),
        (0.4, 0.2, 100), (0.8, 0.6, 1000), (1.0, 0.4, 400),
    )
]  # fmt: skip


def fit_rp3beta(graph: Graph, alpha: float = 0.6, beta: float = 0.4, neighbours: int = 400) -> Neighbours:
    """weight(i, j) = Σ_u (1/n_i)^alpha (1/n_u)^alpha / n_j^beta, the `neighbours` largest of each i kept."""
    pattern = graph.user_item.pattern
    user_U = power(graph.degree_U, -alpha)
    onwards = SparseMatrix(pattern, user_U[pattern.row])
    into_I, held_back_I = power(graph.degree_I, -alpha), power(graph.degree_I, -beta)

    def weights(items_b: torch.Tensor) -> torch.Tensor:
        walks_bI = dense_product(graph.user_item.transposed.rows(items_b), onwards.csr)
        return walks_bI.mul_(into_I[items_b, None]).mul_(held_back_I)

    return Neighbours(graph, nearest(graph.n_items, graph.device, weights, neighbours))
