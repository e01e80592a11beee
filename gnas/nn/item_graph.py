"""A learned item-item graph in closed form: EASE, also normalised and denoised.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: with P = (XᵀX + Λ)⁻¹, the weights
B = 1 − P diag(P)⁻¹ solve the ridge regression of every item on all others. Three ways to the same scores:

- items are the smaller side: P itself, from the item Gram matrix;
- users are the smaller side: with Y = X Λ^-½ and K = (1 + YYᵀ)⁻¹ [U, U], x_u P = k_u Y Λ^-½ and
  Λ_j P_jj = 1 − y_jᵀ K y_j, so that nothing of size [I, I] is made;
- both sides are above `DENSE_SIDE`: 1 − Λ^½ P Λ^½ has Y's right singular vectors and the eigenvalues σ²/(1 + σ²). The
  `LEADING` largest are kept as they are, and a polynomial of `DEGREE` stands for the rest. This is approximated, and
  said to be.

Shapes: U users, I items, B users of a batch, K leading directions.
"""

from dataclasses import dataclass

import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import ItemGraph
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph
from gnas.graph.normalize import power
from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.graph.spgemm import dense_product
from gnas.nn.deflated import Deflated
from gnas.nn.recommender import Scored

DENSE_SIDE = 20_000
"""Largest side of a dense matrix that the CPU inverts: 1.5 GiB in float32, minutes on two cores."""
COPIES = 4
"""Matrices of that side, float32, that are held at once while one is inverted."""
DOUBLE_SIDE = 4096
"""Up to this side the inverse is taken in float64, which costs little there."""
LEADING = 128
DEGREE = 2
BLOCK = 512


@dataclass(frozen=True)
class Problem:
    """X [U, I], the ridge Λ on its diagonal [I], and the rows that users are scored by.

    `row` [U, I] is X itself, unless a user's history is another than what is learned from; times `unscale_U` it is
    r D_I^-item_norm.
    """

    x: SparseMatrix
    ridge_I: torch.Tensor
    scale: float
    row: SparseMatrix
    unscale_U: torch.Tensor

    def ridged(self, matrix: SparseMatrix) -> SparseMatrix:
        """The matrix [U, I] times Λ^-½."""
        return SparseMatrix(matrix.pattern, matrix.value * self.ridge_I.rsqrt()[matrix.pattern.column])


def fit_item_graph(spec: ItemGraph, graph: Graph) -> Scored:
    """The item graph `spec` on the train interactions, by whichever of the three ways is small enough.

    Raises:
        TrialFailed: the matrix cannot be inverted, even in float64: the ridge is too weak.
    """
    with torch.no_grad():
        side = dense_side(graph.device)
        if graph.n_items <= min(graph.n_users, side):
            return by_weights(spec, graph)
        if graph.n_users <= side:
            return by_user_kernel(spec, graph)
        return by_leading_directions(spec, graph)


def dense_side(device: torch.device) -> int:
    """Largest side of a matrix that is inverted: by time on the CPU, by memory on a GPU, where it takes seconds."""
    if device.type != "cuda":
        return DENSE_SIDE
    total_bytes = torch.cuda.get_device_properties(device).total_memory
    return int((total_bytes / 2 / (4 * COPIES)) ** 0.5)


def problem(spec: ItemGraph, graph: Graph) -> Problem:
    """The regression that `spec` asks for."""
    plain = graph.normalized(spec.user_norm, spec.item_norm, spec.user_shrink, spec.item_shrink)
    scale = (graph.mass / float(plain.value.square().sum())) ** 0.5 if graph.n_interactions else 1.0
    x = SparseMatrix(plain.pattern, plain.value * scale)
    square_I = torch.zeros(graph.n_items, device=graph.device)
    square_I.index_add_(0, x.pattern.column.long(), x.value.square())
    l2 = spec.l2 if spec.ridge is None else max(spec.ridge * graph.chance, 1e-6)
    ridge_I = l2 + spec.dropout / (1 - spec.dropout) * square_I
    if graph.history is graph.user_item:
        row, unscale_U = x, power(graph.degree_U, spec.user_norm, spec.user_shrink) / scale
    else:
        own, norm_I = graph.history, scale * power(graph.degree_I, -spec.item_norm, spec.item_shrink)
        row = SparseMatrix(own.pattern, own.value * norm_I[own.pattern.column])
        unscale_U = torch.full_like(graph.degree_U, 1 / scale)
    return Problem(x, ridge_I, scale, row, unscale_U)


def weights(spec: ItemGraph, graph: Graph) -> torch.Tensor:
    """B itself, its rows times D_I^-item_norm: dense [I, I]."""
    task = problem(spec, graph)
    norm_I = power(graph.degree_I, -spec.item_norm, spec.item_shrink)
    gram_II = graph.item_gram(spec.user_norm, spec.user_shrink) * (task.scale * norm_I)
    gram_II *= (task.scale * norm_I)[:, None]
    gram_II.diagonal().add_(task.ridge_I)
    weight_II = _inverse(gram_II)
    del gram_II
    weight_II /= -weight_II.diagonal().clone()
    weight_II.fill_diagonal_(0)
    weight_II *= norm_I[:, None]
    return weight_II


def by_weights(spec: ItemGraph, graph: Graph) -> Scored:
    """By B itself."""
    weight_II, n_weights = weights(spec, graph), graph.n_items * (graph.n_items - 1)
    return Scored(
        graph, lambda users: multiply(graph.history.rows(users), weight_II), ClosedForm(propagation=spec), n_weights
    )


def by_user_kernel(spec: ItemGraph, graph: Graph) -> Scored:
    """By K over users, dense [U, U]; exact."""
    task = problem(spec, graph)
    y, row = task.ridged(task.x), task.row
    kernel_UU = dense_product(y.csr, y.transposed.csr)
    kernel_UU.diagonal().add_(1)
    kernel_UU = _inverse(kernel_UU)

    def explained(items_b: torch.Tensor) -> torch.Tensor:
        """y_jᵀ K y_j for the items j given."""
        through_bU = multiply(y.transposed.rows(items_b), kernel_UU)
        return through_bU.mul_(y.transposed.dense_rows(items_b)).sum(1)

    blocks = torch.split(torch.arange(graph.n_items, device=graph.device), BLOCK)
    explained_I = torch.cat([explained(items_b) for items_b in blocks])
    out_I = task.ridge_I.sqrt() / (1 - explained_I)

    def score(users: torch.Tensor) -> torch.Tensor:
        row_BI = row.dense_rows(users)
        if row is task.x:
            kernel_UB = kernel_UU[users].t().contiguous()  # K is symmetric
            removed_BI = multiply(y.transposed.csr, kernel_UB).t() * out_I
        else:  # z − (z Yᵀ K) Y, which is k_u Y where z is a row of Y
            ridged_BI = row_BI * task.ridge_I.rsqrt()
            kernel_UB = kernel_UU @ multiply(y.csr, ridged_BI.t().contiguous())
            removed_BI = ridged_BI.sub_(multiply(y.transposed.csr, kernel_UB).t()).mul_(out_I)
        return row_BI.sub_(removed_BI).mul_(task.unscale_U[users, None])

    return Scored(graph, score, ClosedForm(propagation=spec), graph.n_users * (graph.n_users + 1) // 2)


def by_leading_directions(spec: ItemGraph, graph: Graph) -> Scored:
    """By the leading directions as they are, the rest by a polynomial: approximated."""
    task = problem(spec, graph)
    y, row = task.ridged(task.x), task.row
    ridged_row = y if row is task.x else task.ridged(row)
    explained = Deflated(y, lambda square: square / (1 + square), LEADING, DEGREE)
    out_I = task.ridge_I.sqrt() / (1 - explained.diagonal()).clamp(min=1e-3)
    own = SparseMatrix(row.pattern, row.value - ridged_row.value * out_I[row.pattern.column])

    def score(users: torch.Tensor) -> torch.Tensor:
        score_BI = explained(ridged_row.rows(users)).mul_(out_I).add_(own.dense_rows(users))
        return score_BI.mul_(task.unscale_U[users, None])

    return Scored(graph, score, ClosedForm(propagation=spec), explained.item_IK.numel(), approximated=True)


def _inverse(matrix: torch.Tensor) -> torch.Tensor:
    """Inverse of a symmetric positive definite float32 matrix, in float64 where it is small or float32 fails."""
    for dtype in (torch.float64,) if len(matrix) <= DOUBLE_SIDE else (torch.float32, torch.float64):
        factor, info = torch.linalg.cholesky_ex(matrix.to(dtype))
        if int(info) == 0:
            return torch.cholesky_inverse(factor, out=factor).to(matrix.dtype)
    raise TrialFailed(f"a matrix of side {len(matrix)} cannot be inverted; raise l2")
