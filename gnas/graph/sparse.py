"""A fixed sparse matrix and its products."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch.autograd import Function

from gnas.graph import products
from gnas.graph.pattern import Pattern


class SparseMatrix:
    """Values at the entries of a pattern, with the transpose kept beside them; no gradient flows to the values.

    Args:
        pattern: where the entries are.
        value: float [E] in CSR order.
        symmetric: the matrix equals its transpose, which then is not stored.
        edge: int64 [E], the number of the undirected edge behind each entry, where dropout must treat entries
            alike (both directions of one interaction); −1 for entries that are never dropped (self loops).
    """

    def __init__(
        self,
        pattern: Pattern,
        value: torch.Tensor,
        *,
        symmetric: bool = False,
        edge: torch.Tensor | None = None,
    ) -> None:
        self.pattern = pattern
        self.value = value
        self.symmetric = symmetric
        self.edge = edge

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_columns)."""
        return self.pattern.shape

    @property
    def nnz(self) -> int:
        """Number of stored entries."""
        return self.pattern.nnz

    @property
    def device(self) -> torch.device:
        """Where the matrix lies."""
        return self.value.device

    @cached_property
    def n_edges(self) -> int:
        """Number of edges behind the entries; a GPU is waited for, once."""
        return self.nnz if self.edge is None else int(self.edge.max()) + 1 if self.nnz else 0

    @cached_property
    def csr(self) -> torch.Tensor:
        """The torch CSR tensor."""
        return self.pattern.csr(self.value)

    @cached_property
    def transposed(self) -> "SparseMatrix":
        """The transpose; itself where symmetric."""
        if self.symmetric:
            return self
        order = self.pattern.to_transposed
        edge = None if self.edge is None else self.edge[order]
        other = SparseMatrix(self.pattern.transposed, self.value.index_select(0, order), edge=edge)
        other.__dict__["transposed"] = self
        return other

    def matmul(self, x: torch.Tensor) -> torch.Tensor:
        """The product with x [n_columns, D], differentiable in x: [n_rows, D]."""
        return _matmul(self, x)

    def sampled_dot(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """left_r · right_c for every stored entry (r, c), in CSR order, differentiable in both: [E].

        The values of the matrix play no part. Shapes: left [n_rows, D], right [n_columns, D].
        """
        return products.sampled_dot(self.pattern, left, right)

    def factors(self, factor: torch.Tensor) -> torch.Tensor:
        """The `factor` [n_edges] of each entry's edge, 1 for entries without one: [nnz]."""
        if self.edge is None:
            return factor
        padded = torch.nn.functional.pad(factor, (1, 0), value=1.0)  # edge −1 finds the 1 in front
        return padded.index_select(0, self.edge + 1)

    def reweighted(self, factor: torch.Tensor) -> "SparseMatrix":
        """The matrix with entries times the `factor` [n_edges] of their edge; entries without an edge stay."""
        value = self.value * self.factors(factor)
        return SparseMatrix(self.pattern, value, symmetric=self.symmetric, edge=self.edge)

    def dropped(self, rate: float, generator: torch.Generator | None) -> "SparseMatrix":
        """The matrix without a random share `rate` of its edges, the others scaled by 1 / (1 − rate)."""
        return self.reweighted(kept_edges(self.n_edges, rate, generator, self.value))


def kept_edges(n: int, rate: float, generator: torch.Generator | None, like: torch.Tensor) -> torch.Tensor:
    """A factor for each of n edges: 0 with probability `rate`, else 1 / (1 − rate); type and device of `like`."""
    kept = torch.empty(n, dtype=like.dtype, device=like.device).bernoulli_(1 - rate, generator=generator)
    return kept.mul_(1 / (1 - rate))


class _Matmul(Function):
    @staticmethod
    def forward(ctx: Any, matrix: SparseMatrix, x: torch.Tensor) -> torch.Tensor:
        ctx.matrix = matrix
        return products.multiply(matrix.csr, x)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, ctx.matrix.transposed.matmul(grads[0].contiguous())


_matmul: Callable[[SparseMatrix, torch.Tensor], torch.Tensor] = _Matmul.apply
