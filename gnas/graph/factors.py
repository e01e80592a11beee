"""Low-rank factors and Gram matrices of the interaction matrix."""

import math
from dataclasses import dataclass

import torch

from gnas.graph.products import multiply
from gnas.graph.sparse import SparseMatrix
from gnas.rng import torch_rng

EXACT_BELOW = 1024
"""Up to this smaller side the decomposition is exact."""
OVERSAMPLING = 16
ROUNDS = 5
MAX_DEGREE = 12
MAX_GAIN = 1e3
"""Largest gain of a direction over the unwanted ones in one round; more would drown the lesser in rounding errors."""
ROWS = 8192
POWER_STEPS = 60


@dataclass(frozen=True)
class Factors:
    """A truncated singular value decomposition: `user_UK` · diag(`singular_K`) · `item_IK`ᵀ.

    Beyond the rank of the matrix, singular values and vectors are zero.
    """

    user_UK: torch.Tensor
    singular_K: torch.Tensor
    item_IK: torch.Tensor

    def first(self, rank: int) -> "Factors":
        """The leading `rank` triplets."""
        return Factors(self.user_UK[:, :rank], self.singular_K[:rank], self.item_IK[:, :rank])


@torch.no_grad()
def truncated_svd(matrix: SparseMatrix, rank: int) -> Factors:
    """The leading `rank` singular triplets of a sparse matrix [U, I], the same on every call; at most min(U, I)."""
    n_users, n_items = matrix.shape
    rank = min(rank, n_users, n_items)
    if n_users < n_items:
        turned = truncated_svd(matrix.transposed, rank)
        return Factors(turned.item_IK, turned.singular_K, turned.user_UK)
    if n_items <= EXACT_BELOW:
        ones = torch.ones(n_users, dtype=torch.float64, device=matrix.device)
        vector: torch.Tensor = torch.linalg.eigh(gram(matrix, ones)).eigenvectors  # of rising eigenvalues
        item = vector.flip(1)[:, :rank].contiguous().float()
    else:
        item = _subspace(matrix, rank)
    image = matrix.matmul(item)
    singular = torch.linalg.vector_norm(image, dim=0, dtype=torch.float64).float()
    singular = torch.where(singular > 1e-6 * singular[0], singular, 0.0)
    return Factors(image * _inverse(singular), singular, item * (singular > 0))


def gram(matrix: SparseMatrix, row_weight: torch.Tensor) -> torch.Tensor:
    """Mᵀ diag(row_weight)² M, dense [I, I] in the precision of `row_weight`, of M [U, I]."""
    scaled = SparseMatrix(matrix.pattern, matrix.value * row_weight[matrix.pattern.row])
    product: torch.Tensor = scaled.transposed.csr @ scaled.csr
    return product.to_dense()


def largest_singular_value(matrix: SparseMatrix) -> float:
    """The largest singular value of a non-negative matrix by the power method; 0 for an empty one."""
    vector = torch.ones(matrix.shape[1], 1, device=matrix.device)
    vector /= vector.norm().clamp(min=1e-30)
    for _ in range(POWER_STEPS):
        vector = multiply(matrix.transposed.csr, multiply(matrix.csr, vector))
        vector /= vector.norm().clamp(min=1e-30)
    return float(multiply(matrix.csr, vector).norm())


def _subspace(matrix: SparseMatrix, rank: int) -> torch.Tensor:
    """The leading right singular vectors [I, rank], by subspace iteration with Chebyshev filters.

    Each round finds the best vectors within the subspace (Rayleigh-Ritz), takes the least of their values as the end
    of the unwanted part of the spectrum, and applies the Chebyshev polynomial that is small there and grows fastest
    beyond (Zhou & Saad, SIAM J. Matrix Anal. Appl. 2007).
    """
    width = min(rank + OVERSAMPLING, matrix.shape[1])
    x = torch.randn(matrix.shape[1], width, generator=torch_rng("cpu", 0, "svd")).to(matrix.device)
    x = _normal(matrix, _orthonormal(x))
    for _ in range(ROUNDS):
        x, value = _ritz(matrix, x)
        end, top = max(float(value[-1]), 1e-6 * float(value[0])), float(value[0])
        if top <= 0:
            break
        step = math.acosh(max(2 * top / end - 1, 1 + 1e-6))
        x = _chebyshev(matrix, x, end, min(max(int(math.acosh(MAX_GAIN) / step), 1), MAX_DEGREE))
    return _ritz(matrix, x)[0][:, :rank].contiguous()


def _ritz(matrix: SparseMatrix, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The best approximations of MᵀM's eigenvectors within the span of x, and their values, from the largest."""
    x = _orthonormal(x)
    image = matrix.matmul(x)
    value, vector = torch.linalg.eigh(_inner(image))
    return x @ vector.flip(1).to(x.dtype), value.flip(0)


def _chebyshev(matrix: SparseMatrix, x: torch.Tensor, end: float, degree: int) -> torch.Tensor:
    """T_degree(2 MᵀM / end − 1) x: at most 1 where MᵀM is below `end`, growing beyond."""
    before, now = x, torch.add(-x, _normal(matrix, x), alpha=2 / end)
    for _ in range(degree - 1):
        before, now = now, _normal(matrix, now).mul_(4 / end).sub_(now, alpha=2).sub_(before)
    return now


def _normal(matrix: SparseMatrix, x: torch.Tensor) -> torch.Tensor:
    return matrix.transposed.matmul(matrix.matmul(x))


def _orthonormal(x: torch.Tensor) -> torch.Tensor:
    """An orthonormal basis of the columns of x, columns of zeros where they depend on each other."""
    x = x / x.norm(dim=0).clamp(min=1e-30)
    value, vector = torch.linalg.eigh(_inner(x))
    root = torch.where(value > 1e-10 * value[-1], value, 0.0).sqrt()
    basis: torch.Tensor = x @ (vector * _inverse(root)).to(x.dtype)
    return basis


def _inner(x: torch.Tensor) -> torch.Tensor:
    """Xᵀ X in double precision, in blocks of rows."""
    total = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64, device=x.device)
    for rows in torch.split(x, ROWS):
        wide = rows.double()
        total.addmm_(wide.t(), wide)
    return total


def _inverse(value: torch.Tensor) -> torch.Tensor:
    return torch.where(value > 0, 1 / value, 0.0)
