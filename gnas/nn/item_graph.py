"""A learned item-item graph in closed form: EASE, also normalised and denoised.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: with P = (XᵀX + Λ)⁻¹, the weights
B = 1 − P diag(P)⁻¹ solve the ridge regression of every item on all others. Three ways to the same scores:

- items are the smaller side: P itself, from the item Gram matrix;
- users are the smaller side: with Y = X Λ^-½ and K = (1 + YYᵀ)⁻¹ [U, U], x_u P = k_u Y Λ^-½ and
  Λ_j P_jj = 1 − y_jᵀ K y_j, so that nothing of size [I, I] is made;
- both sides are above `DENSE_SIDE`: 1 − Λ^½ P Λ^½ has Y's right singular vectors and the eigenvalues σ²/(1 + σ²). The
  `LEADING` largest are kept as they are; the rest become slope · σ², right halfway up to the last one kept. The strong
  ridge that such large and sparse data want leaves little to the difference.

Shapes: U users, I items, B users of a batch, K leading directions.
"""

from dataclasses import dataclass

import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import ItemGraph
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph
from gnas.graph.factors import truncated_svd
from gnas.graph.normalize import power
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_product

DENSE_SIDE = 12_288
"""Largest side of a dense matrix: 576 MiB in float32, three times that while it is inverted."""
DOUBLE_SIDE = 4096
"""Up to this side the inverse is taken in float64, which costs little there."""
LEADING = 128
BLOCK = 512


@dataclass(frozen=True)
class Problem:
    """X [U, I], the ridge Λ on its diagonal [I], and what turns a row of X into r D_I^-item_norm again [U]."""

    x: SparseMatrix
    ridge_I: torch.Tensor
    scale: float
    unscale_U: torch.Tensor

    @property
    def y(self) -> SparseMatrix:
        """X Λ^-½."""
        return SparseMatrix(self.x.pattern, self.x.value * self.ridge_I.rsqrt()[self.x.pattern.column])


def fit_item_graph(spec: ItemGraph, graph: Graph) -> "ItemWeights | UserKernel | LeadingDirections":
    """The item graph `spec` on the train interactions, by whichever of the three ways is small enough.

    Raises:
        TrialFailed: the matrix cannot be inverted, even in float64: the ridge is too weak.
    """
    with torch.no_grad():
        if graph.n_items <= min(graph.n_users, DENSE_SIDE):
            return ItemWeights(spec, graph)
        if graph.n_users <= DENSE_SIDE:
            return UserKernel(spec, graph)
        return LeadingDirections(spec, graph)


def problem(spec: ItemGraph, graph: Graph) -> Problem:
    """The regression that `spec` asks for."""
    plain = graph.normalized(spec.user_norm, spec.item_norm)
    scale = (graph.n_interactions / float(plain.value.square().sum())) ** 0.5 if graph.n_interactions else 1.0
    x = SparseMatrix(plain.pattern, plain.value * scale)
    square_I = torch.zeros(graph.n_items, device=graph.device)
    square_I.index_add_(0, x.pattern.column.long(), x.value.square())
    ridge_I = spec.l2 + spec.dropout / (1 - spec.dropout) * square_I
    unscale_U = power(graph.degree_U, spec.user_norm) / scale
    return Problem(x, ridge_I, scale, unscale_U)


class ItemWeights:
    """B itself, dense [I, I]."""

    def __init__(self, spec: ItemGraph, graph: Graph) -> None:
        self.architecture = ClosedForm(propagation=spec)
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self.graph = graph
        task = problem(spec, graph)
        norm_I = power(graph.degree_I, -spec.item_norm)
        gram_II = graph.item_gram(spec.user_norm) * (task.scale * norm_I)
        gram_II *= (task.scale * norm_I)[:, None]
        gram_II.diagonal().add_(task.ridge_I)
        weight_II = _inverse(gram_II)
        del gram_II
        weight_II /= -weight_II.diagonal().clone()
        weight_II.fill_diagonal_(0)
        weight_II *= norm_I[:, None]
        self.weight_II = weight_II

    @property
    def n_parameters(self) -> int:
        """Number of learned weights."""
        return self.n_items * (self.n_items - 1)

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        return multiply(self.graph.user_item.rows(users), self.weight_II)


class UserKernel:
    """K over users, dense [U, U]; exact."""

    def __init__(self, spec: ItemGraph, graph: Graph) -> None:
        self.architecture = ClosedForm(propagation=spec)
        self.n_users, self.n_items = graph.n_users, graph.n_items
        task = problem(spec, graph)
        self._x, self._y, self._unscale_U = task.x, task.y, task.unscale_U
        kernel_UU = dense_product(self._y.csr, self._y.transposed.csr)
        kernel_UU.diagonal().add_(1)
        self.kernel_UU = _inverse(kernel_UU)
        explained_I = torch.cat([self._explained(block) for block in _blocks(self.n_items, graph.device)])
        self._out_I = task.ridge_I.sqrt() / (1 - explained_I)

    @property
    def n_parameters(self) -> int:
        """Number of learned weights."""
        return self.n_users * (self.n_users + 1) // 2

    def _explained(self, items_b: torch.Tensor) -> torch.Tensor:
        """y_jᵀ K y_j for the items j given."""
        through_bU = multiply(self._y.transposed.rows(items_b), self.kernel_UU)
        return through_bU.mul_(self._y.transposed.dense_rows(items_b)).sum(1)

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        kernel_UB = self.kernel_UU[users].t().contiguous()  # K is symmetric
        removed_BI = multiply(self._y.transposed.csr, kernel_UB).t() * self._out_I
        return self._x.dense_rows(users).sub_(removed_BI).mul_(self._unscale_U[users, None])


class LeadingDirections:
    """The leading directions as they are, the rest to first order."""

    def __init__(self, spec: ItemGraph, graph: Graph) -> None:
        self.architecture = ClosedForm(propagation=spec)
        self.n_users, self.n_items = graph.n_users, graph.n_items
        task = problem(spec, graph)
        self._x, self._y, self._unscale_U = task.x, task.y, task.unscale_U
        factors = truncated_svd(self._y, min(LEADING, self.n_users, self.n_items))
        square_K = factors.singular_K.square()
        last = float(square_K[-1])
        self._slope = min(1 / (1 + last / 2), 0.9 / max(last, 1e-30))  # no eigenvalue of the rest above 0.9
        gain_K = square_K / (1 + square_K) - self._slope * square_K
        self._item_IK, self._gain_KI = factors.item_IK, (factors.item_IK * gain_K).t().contiguous()
        own_I = torch.zeros(self.n_items, device=graph.device)
        own_I.index_add_(0, self._y.pattern.column.long(), self._y.value.square())
        explained_I = self._slope * own_I + factors.item_IK.square() @ gain_K
        self._out_I = task.ridge_I.sqrt() / (1 - explained_I)

    @property
    def n_parameters(self) -> int:
        """Number of learned weights."""
        return self._item_IK.numel()

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        score_BI = torch.empty(len(users), self.n_items, device=users.device)
        for start in range(0, len(users), BLOCK):
            some = users[start : start + BLOCK]
            row_bI = self._y.dense_rows(some)
            through_Ub = multiply(self._y.csr, row_bI.t().contiguous())
            explained_bI = multiply(self._y.transposed.csr, through_Ub).t() * self._slope
            explained_bI += multiply(self._y.rows(some), self._item_IK) @ self._gain_KI
            explained_bI.sub_(row_bI).mul_(self._out_I).add_(self._x.dense_rows(some))
            score_BI[start : start + BLOCK] = explained_bI.mul_(self._unscale_U[some, None])
        return score_BI


def _blocks(n: int, device: torch.device) -> list[torch.Tensor]:
    return [torch.arange(start, min(start + BLOCK, n), device=device) for start in range(0, n, BLOCK)]


def _inverse(matrix: torch.Tensor) -> torch.Tensor:
    """Inverse of a symmetric positive definite float32 matrix, in float64 where it is small or float32 fails."""
    for dtype in (torch.float64,) if len(matrix) <= DOUBLE_SIDE else (torch.float32, torch.float64):
        factor, info = torch.linalg.cholesky_ex(matrix.to(dtype))
        if int(info) == 0:
            return torch.cholesky_inverse(factor).to(matrix.dtype)
    raise TrialFailed(f"a matrix of side {len(matrix)} cannot be inverted; raise l2")
