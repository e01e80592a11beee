"""Weights of edges: how much a node takes from its neighbours."""

from typing import NamedTuple

import torch

from gnas.config.propagation import Norm, degrees_of
from gnas.graph.sparse import SparseMatrix

Exponent = float | tuple[float, float]
"""One number or two, see `Weighing`."""


class Weighing(NamedTuple):
    """What an operator asks of a relation: edge w → v times d_v^(a−1) · d_w^(−a), a = `exponent`; None: as it is.

    a = 0.5 is symmetric (Kipf & Welling, ICLR 2017), a = 0 the mean over v's neighbours, a = 1 its transpose. Two
    numbers x, y mean d_v^(−x) · d_w^(−y). With `self_loops` every node is its own neighbour too, and counts in its
    degree. `shrink` is added to every degree.
    """

    exponent: Exponent | None = None
    self_loops: bool = False
    shrink: float = 0.0

    @classmethod
    def of(cls, norm: Norm, self_loops: bool = False) -> "Weighing":
        """The weighing that a normalisation writes."""
        degrees = degrees_of(norm)
        return cls((degrees.into, degrees.out), self_loops, degrees.shrink)

    @property
    def powers(self) -> tuple[float, float] | None:
        """The exponents x, y; None: no weights."""
        one = self.exponent
        return one if one is None or isinstance(one, tuple) else (1 - one, one)


def scales(
    degree_N: torch.Tensor, powers: tuple[float, float], shrink: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """What a node's row is multiplied by, and what its column, see `Weighing`: float32 [N] each."""
    into, out = powers
    return power(degree_N, -into, shrink), power(degree_N, -out, shrink)


def normalized(links: SparseMatrix, into_N: torch.Tensor, out_N: torch.Tensor, *, symmetric: bool) -> SparseMatrix:
    """A symmetric matrix [N, N], its rows times `into_N` and its columns times `out_N`."""
    value = links.value * into_N[links.pattern.row] * out_N[links.pattern.column]
    return links.revalued(value, symmetric=symmetric)


def power(degree: torch.Tensor, exponent: float, shrink: float = 0.0) -> torch.Tensor:
    """(degree + shrink)^exponent, with 0 for nodes of degree 0."""
    return torch.where(degree > 0, torch.where(degree > 0, degree + shrink, 1.0) ** exponent, 0.0)
