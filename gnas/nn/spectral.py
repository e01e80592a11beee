"""Graph filters in closed form. Nothing is trained; a candidate costs a few sparse products.

Shen et al., "How Powerful is Graph Convolution for Recommendation?" (GF-CF), CIKM 2021; Park et al., "Turbo-CF",
SIGIR 2024; Kim et al., "Graph Spectral Filtering with Chebyshev Interpolation" (ChebyCF), SIGIR 2025.

Shapes: U users, I items, B users of a batch, K rank of the ideal part.
"""

import math

import numpy as np
import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import Spectral
from gnas.graph.bipartite import Graph
from gnas.graph.factors import largest_singular_value
from gnas.graph.normalize import power
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_of, dense_product, product
from gnas.nn.deflated import Deflated
from gnas.nn.recommender import Scored

DENSE_ITEMS = 8192
"""Up to this many items the whole filter is kept as a matrix [I, I], 256 MiB."""
BLOCK = 512
"""Columns filtered at once: bounds the memory of a product to (U + 3 I) · BLOCK numbers."""

SPARSE_GAIN = 8
"""How many times as long a term takes in a sparse product of sparse rows as in one of dense rows."""

LEADING, MAX_DEGREE, TOLERANCE = 128, 4, 0.01
"""Beyond `DENSE_ITEMS` items h is as it is in this many leading directions, and of at most this degree in the rest, the
lowest that misses it by this share: there each degree costs half a minute on 40 thousand users."""

NULL = 1e-5
"""Singular vectors below this singular value are no part of the graph and left out of the ideal part."""


def fit_spectral(spec: Spectral, graph: Graph) -> Scored:
    """The filter `spec` on the train graph: as a matrix over items where that is small, else applied when scoring."""
    filtered, n_items = Filter(spec, graph), graph.n_items
    if n_items > min(DENSE_ITEMS, 2 * graph.n_users):
        return Scored(graph, lambda users: filtered(graph.history.rows(users)), ClosedForm(propagation=spec))
    start = torch.arange(n_items + 1, dtype=graph.user_item.pattern.column.dtype, device=graph.device)
    one_I = torch.ones(n_items, device=graph.device)
    filter_II = filtered(torch.sparse_csr_tensor(start, start[:-1], one_I, (n_items, n_items)))
    return Scored(graph, lambda users: multiply(graph.history.rows(users), filter_II), ClosedForm(propagation=spec))


def response_coefficients(spec: Spectral) -> list[float]:
    """Chebyshev coefficients c_0 … c_order of h over t = 2λ − 1: h(λ) ≈ Σ c_k T_k(t), exact at the order + 1 nodes."""
    if spec.response == "none":
        return []
    if spec.response == "linear":
        return [0.5, 0.5]
    n_nodes = spec.order + 1
    angles = [math.pi * (node + 0.5) / n_nodes for node in range(n_nodes)]
    values = [_response(spec, (math.cos(angle) + 1) / 2) for angle in angles]
    sums = [sum(v * math.cos(k * a) for v, a in zip(values, angles, strict=True)) for k in range(n_nodes)]
    return [(1 if k == 0 else 2) / n_nodes * total for k, total in enumerate(sums)]


def _response(spec: Spectral, eigenvalue: float) -> float:
    if spec.response == "ridge":
        return eigenvalue / (eigenvalue + 1 / spec.sharpness)
    x = 2 * eigenvalue - 1
    return 0.5 * (1 + math.copysign(abs(x) ** spec.sharpness, x))


class Filter:
    """The filter, as a function of rows over items."""

    def __init__(self, spec: Spectral, graph: Graph) -> None:
        self._coefficients = response_coefficients(spec)
        self._before_I = power(graph.degree_I, -spec.degree, spec.item_shrink)
        self._after_I = power(graph.degree_I, spec.degree, spec.item_shrink)
        if self._coefficients:
            self._matrix = _unit_norm(graph, spec)
        self._deflated: Deflated | None = None
        if len(self._coefficients) > 2 and graph.n_items > DENSE_ITEMS:
            self._deflated = Deflated(self._matrix, self._at, LEADING, min(spec.order, MAX_DEGREE), TOLERANCE)
        self._hops: tuple[torch.Tensor, torch.Tensor] | None = None
        if spec.response == "linear" and _terms_per_user(graph) * SPARSE_GAIN < 2 * graph.n_interactions:
            pattern = self._matrix.pattern
            before_E, after_E = (side_I[pattern.column] for side_I in (self._before_I, self._after_I))
            down = SparseMatrix(pattern, self._matrix.value * before_E).transposed
            self._hops = (down.csr, pattern.csr(self._matrix.value * after_E))
        self._ideal: tuple[torch.Tensor, torch.Tensor] | None = None
        if spec.ideal > 0:
            factors = graph.svd(max(1, min(spec.rank, min(graph.n_users, graph.n_items) - 1)))
            item_IK = factors.item_IK[:, factors.singular_K > NULL]
            into_IK = item_IK * power(graph.degree_I, -spec.ideal_degree)[:, None]
            out_IK = item_IK * (spec.ideal * power(graph.degree_I, spec.ideal_degree))[:, None]
            self._ideal = (into_IK, out_IK.t().contiguous())

    def __call__(self, row_BI: torch.Tensor) -> torch.Tensor:
        """The filter applied to rows, a sparse CSR tensor [B, I]: float32 [B, I]."""
        score_BI = self._polynomial_part(row_BI) if self._coefficients and self._hops is None else None
        if self._ideal is not None:
            into_IK, out_KI = self._ideal
            at_BK = multiply(row_BI, into_IK)
            score_BI = at_BK @ out_KI if score_BI is None else score_BI.addmm_(at_BK, out_KI)
        if self._hops is None:
            assert score_BI is not None
            return score_BI
        to_users, to_items = self._hops
        return dense_product(product(row_BI, to_users), to_items, score_BI)

    def _at(self, eigenvalue: np.ndarray) -> np.ndarray:
        """The polynomial h on eigenvalues of P."""
        return np.asarray(np.polynomial.chebyshev.chebval(2 * eigenvalue - 1, self._coefficients))

    def _polynomial_part(self, row_BI: torch.Tensor) -> torch.Tensor:
        """D_I^-b h(P) D_I^b of the rows: [B, I]."""
        if self._deflated is not None:
            weighed = row_BI.values() * self._before_I[row_BI.col_indices()]
            weighed_BI = torch.sparse_csr_tensor(
                row_BI.crow_indices(), row_BI.col_indices(), weighed, row_BI.shape, check_invariants=False
            )
            return self._deflated(weighed_BI).mul_(self._after_I)
        dense_BI = dense_of(row_BI)
        for start in range(0, len(dense_BI), BLOCK):
            block_bI = dense_BI[start : start + BLOCK]
            filtered_Ib = self._polynomial((block_bI * self._before_I).t().contiguous())
            block_bI.copy_(filtered_Ib.t()).mul_(self._after_I)
        return dense_BI

    def _polynomial(self, x_Ib: torch.Tensor) -> torch.Tensor:
        """h(P) x by the recurrence T_k+1(t) = 2 t T_k(t) − T_k−1(t), t = 2P − 1."""
        before, now = x_Ib, self._shifted(x_Ib)
        total = self._coefficients[0] * before
        total.add_(now, alpha=self._coefficients[1])
        for coefficient in self._coefficients[2:]:
            before, now = now, self._shifted(now).mul_(2).sub_(before)
            total.add_(now, alpha=coefficient)
        return total

    def _shifted(self, x_Ib: torch.Tensor) -> torch.Tensor:
        once_Ub = multiply(self._matrix.csr, x_Ib)
        return multiply(self._matrix.transposed.csr, once_Ub).mul_(2).sub_(x_Ib)


def _terms_per_user(graph: Graph) -> float:
    """Mean number of paths of three interactions from a user: of the terms in their row of R Rᵀ R."""
    pattern = graph.user_item.pattern
    user_U, item_I = graph.degree_U.double(), graph.degree_I.double()
    n_paths = (user_U[pattern.row] * item_I[pattern.column]).sum()
    return float(n_paths) / max(graph.n_users, 1)


def _unit_norm(graph: Graph, spec: Spectral) -> SparseMatrix:
    """R̃ with largest singular value 1, which it has of itself where both exponents are ½ and nothing is shrunk."""
    norms = (spec.user_norm, spec.item_norm, spec.user_shrink, spec.item_shrink)
    matrix = graph.normalized(*norms)
    largest = 1.0 if norms == (0.5, 0.5, 0.0, 0.0) else largest_singular_value(matrix)
    return SparseMatrix(matrix.pattern, matrix.value / largest) if largest > 0 else matrix
