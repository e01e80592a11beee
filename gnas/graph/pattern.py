"""Where a sparse matrix has entries, without their values: compressed rows, the transpose and the way to it."""

from functools import cached_property
from typing import NamedTuple

import torch


class Block(NamedTuple):
    """The entries first … last − 1, which lie in the rows first_row … last_row − 1; the outer two perhaps in part."""

    first: int
    last: int
    first_row: int
    last_row: int


class Pattern:
    """The places of the entries of a sparse matrix [n_rows, n_columns] in CSR order, columns sorted within a row.

    One pattern carries many matrices: normalisations, edge dropouts and attention differ in their values alone, and
    share the transpose and the permutation to it, which are found once.

    Args:
        start: int [n_rows + 1], the first entry of each row.
        column: int [E], the column of each entry.
        shape: (n_rows, n_columns).
        symmetric: the pattern equals its transpose, which then is not stored.
    """

    def __init__(
        self, start: torch.Tensor, column: torch.Tensor, shape: tuple[int, int], *, symmetric: bool = False
    ) -> None:
        index = torch.int32 if max(*shape, len(column)) < 2**31 - 1 else torch.int64
        self.start = start.to(index)
        self.column = column.to(index)
        self.shape = shape
        self.symmetric = symmetric
        self._blocks: dict[int, list[Block]] = {}

    @property
    def nnz(self) -> int:
        """Number of entries."""
        return len(self.column)

    @property
    def device(self) -> torch.device:
        """Where the indices lie."""
        return self.column.device

    @cached_property
    def count(self) -> torch.Tensor:
        """Entries of each row: int64 [n_rows]."""
        return self.start.diff().long()

    @cached_property
    def offsets(self) -> torch.Tensor:
        """`start` as int64 [n_rows + 1], which torch's segment operations ask for."""
        return self.start.long()

    @cached_property
    def row(self) -> torch.Tensor:
        """The row of each entry: [E], of the type of `column`."""
        node = torch.arange(self.shape[0], dtype=self.column.dtype, device=self.device)
        return node.repeat_interleave(self.count, output_size=self.nnz)

    @cached_property
    def to_transposed(self) -> torch.Tensor:
        """The permutation int64 [E] that brings values into the CSR order of the transpose, by `index_select`."""
        return torch.argsort(self.column, stable=True)

    @cached_property
    def transposed(self) -> "Pattern":
        """The pattern of the transpose; itself where symmetric."""
        if self.symmetric:
            return self
        count = torch.bincount(self.column, minlength=self.shape[1])
        column = self.row.index_select(0, self.to_transposed)
        other = Pattern(start_of(count), column, (self.shape[1], self.shape[0]))
        other.__dict__["transposed"] = self
        return other

    def where(self, kept: torch.Tensor) -> "Pattern":
        """The pattern of the entries at which `kept`, bool [E], is true."""
        before = start_of(kept)
        return Pattern(before[self.offsets], self.column[kept], self.shape)

    def blocks(self, size: int) -> list["Block"]:
        """The entries in consecutive blocks of at most `size`."""
        if size not in self._blocks:
            first = torch.arange(0, self.nnz, size, device=self.device)
            last = (first + size).clamp(max=self.nnz)
            ends = torch.stack([first, last, self.row[first], self.row[last - 1] + 1], dim=1)
            self._blocks[size] = [Block(*row) for row in ends.tolist()]
        return self._blocks[size]

    def csr(self, value: torch.Tensor) -> torch.Tensor:
        """A torch CSR tensor that shares these indices."""
        return torch.sparse_csr_tensor(self.start, self.column, value, self.shape, check_invariants=False)


def start_of(count: torch.Tensor) -> torch.Tensor:
    """First entry of each row [n + 1] from the rows' numbers of entries [n]."""
    return torch.nn.functional.pad(count.cumsum(0), (1, 0))
