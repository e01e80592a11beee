"""A learned item-item graph in closed form: EASE and its normalised, denoising kin.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: with P = (XᵀX + Λ)⁻¹, the weights
B = 1 − P diag(P)⁻¹ solve the ridge regression of every item on all others. Three ways to the same scores:

- items are the smaller side: P itself, by a Cholesky factor of the item Gram matrix;
- users are the smaller side: the identity P = Λ⁻¹ − Λ⁻¹Xᵀ K X Λ⁻¹, K = (1 + X Λ⁻¹ Xᵀ)⁻¹, needs only K [U, U];
- both sides are above `DENSE_SIDE`: with Y = X Λ^-½, the `LEADING` singular directions of Y are treated exactly and the
  rest to first order. 1 − (YᵀY + 1)⁻¹ has the eigenvalues σ²/(σ² + 1); on the rest they become slope · σ², equal to it
  halfway up. A strong ridge, which such large and sparse data want, leaves little to that difference.

Shapes: U users, I items, B users of a batch, K leading directions.
"""

import torch

from gnas.config.architecture import Architecture
from gnas.config.propagation import ItemGraph
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph
from gnas.graph.factors import truncated_svd
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.nn.history import dense_rows, item_power, rows_of, scaled

DENSE_SIDE = 12_288
"""Largest side of a dense matrix: 576 MiB in float32, twice that while it is inverted."""
DOUBLE_SIDE = 4096
"""Up to this side the inverse is taken in float64, which costs little there."""
LEADING = 128
BLOCK = 512

Scorer = ItemGraph  # the specification; the classes below are what it becomes


def fit_item_graph(spec: ItemGraph, graph: Graph) -> "ItemWeights | UserKernel | LeadingDirections":
    """The item graph `spec` on the train interactions, by whichever way is small enough.

    Raises:
        TrialFailed: the Gram matrix cannot be inverted, even in float64: the ridge is too weak.
    """
    with torch.no_grad():
        if graph.n_items <= min(graph.n_users, DENSE_SIDE):
            return ItemWeights(spec, graph)
        if graph.n_users <= DENSE_SIDE:
            return UserKernel(spec, graph)
        if graph.n_items <= DENSE_SIDE:
            return ItemWeights(spec, graph)
        return LeadingDirections(spec, graph)
