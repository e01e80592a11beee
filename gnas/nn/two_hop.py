"""Walks of three steps over the graph, with shrunk degrees and an exponent for each end. Nothing is trained.

Shapes: U users, I items, B users of a batch.
"""

import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import TwoHop
from gnas.graph.bipartite import Graph
from gnas.graph.normalize import power
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_product, product
from gnas.nn.recommender import Scored

DENSE_ITEMS = 8192
"""Up to this many items the walks are kept as a matrix [I, I], 256 MiB."""


@torch.no_grad()
def fit_two_hop(spec: TwoHop, graph: Graph) -> Scored:
    """The walks of `spec` on the train graph: as a matrix over items where that is small, else taken when scoring."""
    into_I = power(graph.degree_I, -spec.in_norm, spec.in_shrink)
    out_I = power(graph.degree_I, -spec.out_norm, spec.out_shrink)
    if graph.n_items <= min(DENSE_ITEMS, 2 * graph.n_users):
        walk_II = graph.item_gram(spec.user_norm, spec.user_shrink) * into_I[:, None]
        walk_II *= out_I
        return Scored(graph, lambda users: multiply(graph.history.rows(users), walk_II), ClosedForm(propagation=spec))
    pattern, taken_E = graph.user_item.pattern, graph.user_item.value
    user_E = power(graph.degree_U, -2 * spec.user_norm, spec.user_shrink)[pattern.row]
    to_users = SparseMatrix(pattern, taken_E * user_E * into_I[pattern.column]).transposed.csr
    to_items = pattern.csr(taken_E * out_I[pattern.column])
    return Scored(
        graph,
        lambda users: dense_product(product(graph.history.rows(users), to_users), to_items),
        ClosedForm(propagation=spec),
    )
