"""A fixed sparse matrix and its products."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal

import torch
from torch.autograd import Function

from gnas.graph import products
from gnas.graph.pattern import Pattern, runs, start_of
from gnas.graph.spgemm import dense_of

Reduce = Literal["sum", "amax"]


def at_keys(
    key_E: torch.Tensor, value_E: torch.Tensor, shape: tuple[int, int], *, symmetric: bool = False
) -> "SparseMatrix":
    """A matrix from the numbers row · n_columns + column of its entries, rising: int64 [E]."""
    row = key_E.div(max(shape[1], 1), rounding_mode="floor")
    start = start_of(torch.bincount(row, minlength=shape[0]))
    pattern = Pattern(start, key_E - row * shape[1], shape, symmetric=symmetric)
    return SparseMatrix(pattern, value_E, symmetric=symmetric)


def union(matrices: Sequence["SparseMatrix"], reduce: Reduce, *, symmetric: bool = False) -> "SparseMatrix":
    """At each place the sum, or the largest, of what some matrices of one shape, none below 0 for the largest, have."""
    value_E = torch.cat([matrix.value for matrix in matrices])
    key, place_E = torch.unique(torch.cat([matrix.pattern.key for matrix in matrices]), return_inverse=True)
    value = value_E.new_zeros(len(key)).scatter_reduce_(0, place_E, value_E, reduce)
    return at_keys(key, value, matrices[0].shape, symmetric=symmetric)


class SparseMatrix:
    """Values at the entries of a pattern, with the transpose kept beside them; no gradient flows to the values.

    Args:
        pattern: where the entries are.
        value: float [E] in CSR order.
        symmetric: the matrix equals its transpose, which then is not stored.
        edge: int64 [E], the number of the undirected edge behind each entry, where dropout must treat entries
            alike (both directions of one interaction); −1 for entries that are never dropped (self loops). Without it
            an entry of a symmetric matrix is one edge with its mirror, any other an edge of its own.
        thinned: dropout made some values 0, whose entries are to count as absent.
    """

    def __init__(
        self,
        pattern: Pattern,
        value: torch.Tensor,
        *,
        symmetric: bool = False,
        edge: torch.Tensor | None = None,
        thinned: bool = False,
    ) -> None:
        self.pattern = pattern
        self.value = value
        self.symmetric = symmetric
        self.thinned = thinned
        self._edge = edge

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
    def edge(self) -> torch.Tensor | None:
        """The edge behind each entry: int64 [E]; None: each has its own."""
        if self._edge is None and self.symmetric:
            place = torch.arange(self.nnz, device=self.device)
            return torch.minimum(place, self.pattern.to_transposed)
        return self._edge

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

    def revalued(self, value: torch.Tensor, *, symmetric: bool = False) -> "SparseMatrix":
        """The same edges with other values [E]."""
        edge = self._edge if symmetric else self.edge
        return SparseMatrix(self.pattern, value, symmetric=symmetric, edge=edge)

    def reweighted(self, factor: torch.Tensor) -> "SparseMatrix":
        """The matrix with entries times the `factor` [n_edges] of their edge; entries without an edge stay."""
        if self.edge is not None:
            padded = torch.nn.functional.pad(factor, (1, 0), value=1.0)  # edge −1 finds the 1 in front
            factor = padded.index_select(0, self.edge + 1)
        return SparseMatrix(self.pattern, self.value * factor, symmetric=self.symmetric, edge=self.edge, thinned=True)

    @cached_property
    def gone(self) -> torch.Tensor | None:
        """Which entries dropout took: bool [E]; None: it took none."""
        return self.value == 0 if self.thinned else None

    @cached_property
    def present(self) -> Pattern:
        """The pattern of the entries that dropout left."""
        return self.pattern if self.gone is None else self.pattern.where(~self.gone)

    def rows(self, row_B: torch.Tensor) -> torch.Tensor:
        """The rows `row_B` (int64) as a torch CSR tensor [B, n_columns]."""
        pattern = self.pattern
        count_B = pattern.count[row_B]
        start = start_of(count_B)
        entry = runs(pattern.offsets[row_B], count_B, int(start[-1]))
        column, shape = pattern.column[entry], (len(row_B), self.shape[1])
        return torch.sparse_csr_tensor(start.to(column.dtype), column, self.value[entry], shape, check_invariants=False)

    def dense_rows(self, row_B: torch.Tensor) -> torch.Tensor:
        """The rows `row_B` (int64), dense [B, n_columns]."""
        return dense_of(self.rows(row_B))


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
