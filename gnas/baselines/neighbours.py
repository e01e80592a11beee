"""Sparse item-item weights, found block by block; the largest of each row are kept.

Shapes: I items, b items of a block, B users of a batch, k neighbours.
"""

from collections.abc import Callable

import torch

from gnas.graph.bipartite import Graph
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_product

BLOCK_BYTES = 128 * 2**20


def nearest(
    n_items: int, device: torch.device, weights: Callable[[torch.Tensor], torch.Tensor], k: int
) -> SparseMatrix:
    """The `k` largest positive weights of each row, without the diagonal: [I, I].

    Args:
        n_items: I.
        device: where the weights are.
        weights: gives the dense rows [b, I] of the items asked for; they are written over.
        k: how many are kept.
    """
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


class Neighbours:
    """score(u, j) = Σ over the items i of u of weight(i, j), `weight` being sparse [I, I]."""

    def __init__(self, graph: Graph, weight: SparseMatrix) -> None:
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self.graph = graph
        self.weight = weight

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        return dense_product(self.graph.user_item.rows(users), self.weight.csr)
