"""The places of a sparse matrix's entries, without values: compressed rows, the transpose, and the way to it."""

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
    share the transpose and the permutation to it, which are found once. Without values it says who took what.

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
    def key(self) -> torch.Tensor:
        """Row · n_columns + column of each entry: int64 [E], rising."""
        return self.row.long() * self.shape[1] + self.column

    @cached_property
    def edge_index(self) -> torch.Tensor:
        """The entries as PyG has them, messages going from columns to rows: int64 [2, E], source and target."""
        return torch.stack([self.column, self.row]).long()

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

    def looped(self) -> tuple["Pattern", torch.Tensor]:
        """A square pattern with self loops beside it.

        Also the order [E + n] that brings what stands at the entries, then what stands at the loops, to its places.
        """
        node = torch.arange(self.shape[0], device=self.device)
        column = torch.cat([self.column.long(), node])
        order = torch.argsort(torch.cat([self.row.long(), node]) * self.shape[0] + column)
        return Pattern(start_of(self.count + 1), column[order], self.shape, symmetric=self.symmetric), order

    def where(self, kept: torch.Tensor) -> "Pattern":
        """The pattern of the entries at which `kept`, bool [E], is true."""
        before = start_of(kept)
        return Pattern(before[self.offsets], self.column[kept], self.shape)

    def entries(self, row_R: torch.Tensor, size: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The entries of the rows `row_R` (int64) one after the other: which of these rows each is in, and its place.

        `size` is their number, if it is known on the host; where it is not given, a GPU is waited for.

        Returns:
            int64 [P] each, numbers below R and below E.
        """
        count_R = self.count[row_R]
        at_P = torch.repeat_interleave(count_R, output_size=size)
        return at_P, runs(self.offsets[row_R], count_R, len(at_P))

    def contains(self, row_B: torch.Tensor, column_BK: torch.Tensor) -> torch.Tensor:
        """Whether there is an entry in each of the columns of its row, never where a column is −1: bool [B, K]."""
        if not self.nnz:
            return torch.zeros_like(column_BK, dtype=torch.bool)
        key_BK = torch.where(column_BK >= 0, row_B.unsqueeze(1) * self.shape[1] + column_BK, -1)
        place_BK = torch.searchsorted(self.key, key_BK).clamp_(max=self.nnz - 1)
        return self.key[place_BK] == key_BK

    def mask(self, row_R: torch.Tensor, column_K: torch.Tensor, size: int | None = None) -> torch.Tensor:
        """In which of the K columns, given once for all rows, each row has an entry: bool [R, K].

        `size` is the number of entries of these rows, as in `entries`. Costs as many steps, not R · K lookups.
        """
        n_columns = len(column_K)
        place_K = torch.arange(n_columns, device=column_K.device)
        place_C = column_K.new_full((self.shape[1],), n_columns)
        place_C.scatter_reduce_(0, column_K, place_K, "amin")
        at_P, entry_P = self.entries(row_R, size)
        here = torch.zeros(len(row_R) * (n_columns + 1), dtype=torch.bool, device=column_K.device)
        here.index_fill_(0, at_P * (n_columns + 1) + place_C[self.column[entry_P]], True)
        return here.view(len(row_R), -1).index_select(1, place_C[column_K])

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


def runs(first_R: torch.Tensor, count_R: torch.Tensor, size: int | None = None) -> torch.Tensor:
    """Runs of whole numbers one after the other, run r from `first_R[r]`, `count_R[r]` of them: int64 [Σ count].

    Without `size`, the sum of the counts, a GPU is waited for.
    """
    shift_P = torch.repeat_interleave(first_R - (count_R.cumsum(0) - count_R), count_R, output_size=size)
    return torch.arange(len(shift_P), device=shift_P.device) + shift_P
