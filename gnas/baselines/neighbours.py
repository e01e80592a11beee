"""Item-based neighbours: sparse item-item weights, found block by block; the largest of each row are kept.

Shapes: I items, b items of a block, B users of a batch, k neighbours.
"""

from collections.abc import Callable

import torch

from gnas.baselines.baseline import Settings
from gnas.graph.bipartite import Graph
from gnas.graph.normalize import power
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_product
from gnas.nn.recommender import Scored

BLOCK_BYTES = 128 * 2**20
ITEM_KNN_GRID: list[Settings] = [
    {"neighbours": neighbours, "shrink": shrink}
    for neighbours, shrink in ((100, 10), (400, 100), (100, 0), (1000, 10), (50, 10), (400, 10), (20, 0), (1000, 100))
]
RP3BETA_GRID: list[Settings] = [
    {"alpha": alpha, "beta": beta, "neighbours": neighbours}
    for alpha, beta, neighbours in (
        (0.6, 0.4, 400), (0.4, 0.2, 400), (0.8, 0.6, 400), (1.0, 0.6, 100), (0.6, 0.2, 1000), (0.6, 0.4, 1000),
        (0.4, 0.2, 100), (0.8, 0.6, 1000), (1.0, 0.4, 400),
    )
]  # fmt: skip


def fit_item_knn(graph: Graph, neighbours: int = 100, shrink: float = 10.0) -> Scored:
    """weight(i, j) = n_ij / (√(n_i n_j) + shrink) for the `neighbours` items i nearest to j; n_ij users took both.

    Sarwar et al., "Item-based collaborative filtering", WWW 2001.
    """
    count_I = graph.degree_I
    user_item = graph.user_item

    def weights(items_b: torch.Tensor) -> torch.Tensor:
        both_bI = dense_product(user_item.transposed.rows(items_b), user_item.csr)
        norm_bI = (count_I[items_b, None] * count_I).sqrt_().add_(shrink)
        return both_bI.div_(norm_bI.clamp_(min=1e-9))

    return _through(graph, nearest(graph, weights, neighbours).transposed)


def fit_rp3beta(graph: Graph, alpha: float = 0.6, beta: float = 0.4, neighbours: int = 400) -> Scored:
    """weight(i, j) = Σ_u (1/n_i)^alpha (1/n_u)^alpha / n_j^beta, the `neighbours` largest of each i kept.

    Random walks user, item, user, item, in which popular ends count less: Paudel et al., "Updatable, accurate, diverse,
    and scalable recommendations for interactive applications", TiiS 2017.
    """
    pattern = graph.user_item.pattern
    user_U = power(graph.degree_U, -alpha)
    onwards = SparseMatrix(pattern, user_U[pattern.row])
    into_I, held_back_I = power(graph.degree_I, -alpha), power(graph.degree_I, -beta)

    def weights(items_b: torch.Tensor) -> torch.Tensor:
        walks_bI = dense_product(graph.user_item.transposed.rows(items_b), onwards.csr)
        return walks_bI.mul_(into_I[items_b, None]).mul_(held_back_I)

    return _through(graph, nearest(graph, weights, neighbours))


def nearest(graph: Graph, weights: Callable[[torch.Tensor], torch.Tensor], k: int) -> SparseMatrix:
    """The `k` largest positive weights of each row, without the diagonal: [I, I].

    `weights` gives the dense rows [b, I] of the items asked for; they are written over.
    """
    n_items, device = graph.n_items, graph.device
    k = min(k, n_items)
    size = max(1, BLOCK_BYTES // (4 * n_items))
    columns, values, counts = [], [], []
    for start in range(0, n_items, size):
        items_b = torch.arange(start, min(start + size, n_items), device=device)
        weight_bI = weights(items_b)
        weight_bI[items_b - start, items_b] = 0
        value_bk, column_bk = weight_bI.topk(k, dim=1)
        kept = value_bk > 0
        counts.append(kept.sum(1))
        column_bk = torch.where(kept, column_bk, n_items)  # behind all others, and cut off
        column_bk, order = column_bk.sort(1)
        kept = column_bk < n_items
        columns.append(column_bk[kept])
        values.append(value_bk.gather(1, order)[kept])
    pattern = Pattern(start_of(torch.cat(counts)), torch.cat(columns), (n_items, n_items))
    return SparseMatrix(pattern, torch.cat(values))


def _through(graph: Graph, weight: SparseMatrix) -> Scored:
    """score(u, j) = Σ over the items i of u of weight(i, j), `weight` being sparse [I, I]."""
    return Scored(graph, lambda users: dense_product(graph.user_item.rows(users), weight.csr))
