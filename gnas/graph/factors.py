"""Low-rank factors and Gram matrices of the interaction matrix."""

from dataclasses import dataclass

import torch

from gnas.graph.sparse import SparseMatrix
from gnas.rng import torch_rng

OVERSAMPLING = 16
POWER_ITERATIONS = 5
EXACT_BELOW = 2048
"""Up to this smaller side the decomposition is exact."""


@dataclass(frozen=True)
class Factors:
    """A truncated singular value decomposition: `user_UK` · diag(`singular_K`) · `item_IK`ᵀ."""

    user_UK: torch.Tensor
    singular_K: torch.Tensor
    item_IK: torch.Tensor

    def first(self, rank: int) -> "Factors":
        """The leading `rank` triplets."""
        return Factors(self.user_UK[:, :rank], self.singular_K[:rank], self.item_IK[:, :rank])


def truncated_svd(matrix: SparseMatrix, rank: int) -> Factors:
    """The leading `rank` singular triplets of a sparse matrix [U, I], the same on every call.

    Randomised subspace iteration (Halko, Martinsson & Tropp, SIAM Review 2011), exact for small matrices.
    """
    with torch.no_grad():
        n_users, n_items = matrix.shape
        if min(n_users, n_items) <= EXACT_BELOW:
            dense = matrix.csr.to_dense()
            user, singular, item = torch.linalg.svd(dense, full_matrices=False)
            return Factors(user[:, :rank].contiguous(), singular[:rank], item[:rank].t().contiguous())
        width = min(rank + OVERSAMPLING, n_users, n_items)
        start = torch.randn(n_items, width, generator=torch_rng("cpu", 0, "svd")).to(matrix.device)
        basis = matrix.matmul(start)
        for _ in range(POWER_ITERATIONS):
            basis = torch.linalg.qr(basis).Q
            basis = matrix.matmul(torch.linalg.qr(matrix.transposed.matmul(basis)).Q)
        basis = torch.linalg.qr(basis).Q
        item, singular, inner = torch.linalg.svd(matrix.transposed.matmul(basis), full_matrices=False)
        user = basis @ inner.t()
        return Factors(user[:, :rank].contiguous(), singular[:rank], item[:, :rank].contiguous())


def gram(matrix: SparseMatrix, row_weight: torch.Tensor) -> torch.Tensor:
    """Mᵀ diag(row_weight)² M, dense float32 [I, I], of M [U, I]."""
    scaled = SparseMatrix(matrix.pattern, matrix.value * row_weight[matrix.pattern.row])
    product: torch.Tensor = scaled.transposed.csr @ scaled.csr
    return product.to_dense()
