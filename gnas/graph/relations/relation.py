"""A named sparse matrix between users and items, or among either, and what any operator may ask of it.

Shapes: U users, I items, N nodes (users, then items), E entries.
"""

from functools import cached_property

import torch

from gnas.data.interactions import Side
from gnas.graph.normalize import Exponent, Weighing, normalized, scales
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.segments import row_sum
from gnas.graph.sparse import SparseMatrix


class Relation:
    """Who is related to whom, and how often. Everything that does not depend on a candidate is found once and kept.

    Args:
        name: what it is called.
        ends: whose rows and whose columns `matrix` has. A relation among one side is symmetric.
        matrix: how often each is related to each, not normalised.
        sizes: (U, I).
    """

    def __init__(self, name: str, ends: tuple[Side, Side], matrix: SparseMatrix, sizes: tuple[int, int]) -> None:
        self.name, self.ends, self.matrix = name, ends, matrix
        self.n_users, self.n_items = sizes
        self.n_nodes = sum(sizes)
        self._adjacencies: dict[Weighing, SparseMatrix] = {}
        self._scales: dict[Weighing, tuple[torch.Tensor, torch.Tensor]] = {}

    @property
    def device(self) -> torch.device:
        """Where the matrix lies."""
        return self.matrix.device

    @property
    def n_edges(self) -> int:
        """Number of edges, both directions of a pair being one: what dropout draws for."""
        return self.matrix.n_edges

    @cached_property
    def links(self) -> SparseMatrix:
        """The relation over all nodes, in both directions: symmetric [N, N]."""
        if self.ends == ("users", "items"):
            return _both_ways(self.matrix)
        pattern = self.matrix.pattern
        before, behind = (0, self.n_items) if self.ends[0] == "users" else (self.n_users, 0)
        start = torch.nn.functional.pad(pattern.offsets, (before, 0))
        start = torch.cat([start, start[-1:].expand(behind)])
        placed = Pattern(start, pattern.column.long() + before, (self.n_nodes, self.n_nodes), symmetric=True)
        return SparseMatrix(placed, self.matrix.value, symmetric=True)

    @cached_property
    def degree_N(self) -> torch.Tensor:
        """How often each node is related to others: float32 [N]."""
        if self.ends != ("users", "items"):
            return row_sum(self.links.pattern, self.links.value)
        sides = (self.matrix, self.matrix.transposed)
        return torch.cat([row_sum(side.pattern, side.value) for side in sides])

    def adjacency(
        self, exponent: Exponent | None = None, self_loops: bool = False, shrink: float = 0.0
    ) -> SparseMatrix:
        """The matrix [N, N] that propagates, as `Weighing` says."""
        weighing = Weighing(exponent, self_loops, shrink)
        if weighing not in self._adjacencies:
            links = self._looped if self_loops else self.links
            if (powers := weighing.powers) is not None:
                links = normalized(links, *self.scales(weighing), symmetric=powers[0] == powers[1])
            self._adjacencies[weighing] = links
        return self._adjacencies[weighing]

    def scales(self, weighing: Weighing) -> tuple[torch.Tensor, torch.Tensor]:
        """What that matrix's rows and columns are multiplied by: float32 [N] each."""
        if weighing not in self._scales:
            degree_N = self.degree_N + 1 if weighing.self_loops else self.degree_N
            self._scales[weighing] = scales(degree_N, weighing.powers or (0.0, 0.0), weighing.shrink)
        return self._scales[weighing]

    @cached_property
    def _looped(self) -> SparseMatrix:
        plain, n_nodes = self.links, self.n_nodes
        pattern, order = plain.pattern.looped()
        own = torch.arange(plain.nnz, device=self.device) if plain.edge is None else plain.edge
        edge = torch.cat([own, own.new_full((n_nodes,), -1)])[order]
        value = torch.cat([plain.value, plain.value.new_ones(n_nodes)])[order]
        return SparseMatrix(pattern, value, symmetric=True, edge=edge)


def _both_ways(matrix: SparseMatrix) -> SparseMatrix:
    """[[0, R], [Rᵀ, 0]] for R [U, I]; both directions of an entry are one edge, numbered as in R."""
    down, up = matrix.pattern, matrix.pattern.transposed
    n_nodes = sum(matrix.shape)
    column = torch.cat([down.column.long() + matrix.shape[0], up.column.long()])
    edge = torch.cat([torch.arange(down.nnz, device=matrix.device), down.to_transposed])
    pattern = Pattern(start_of(torch.cat([down.count, up.count])), column, (n_nodes, n_nodes), symmetric=True)
    return SparseMatrix(pattern, matrix.value[edge], symmetric=True, edge=edge)
