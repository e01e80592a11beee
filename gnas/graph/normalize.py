"""Weights of edges: how much a node takes from its neighbours."""

from typing import NamedTuple

import torch

from gnas.graph.sparse import SparseMatrix

Exponent = float | tuple[float, float]
"""One number or two, see `Weighing`."""


class Weighing(NamedTuple):
    """What an operator asks of a relation: edge w → v times d_v^(a−1) · d_w^(−a), a = `exponent`; None: as it is.

    a = 0.5 is symmetric (Kipf & Welling, ICLR 2017), a = 0 the mean over v's neighbours, a = 1 its transpose. Two
    numbers x, y mean d_v^(−x) · d_w^(−y). With `self_loops` every node is its own neighbour too, and counts in its
    degree.
    """

    exponent: Exponent | None = None
    self_loops: bool = False


def scales(degree_N: torch.Tensor, exponent: Exponent) -> tuple[torch.Tensor, torch.Tensor]:
    """What a node's row is multiplied by, and what its column, see `Weighing`: float32 [N] each."""
    into, out = exponent if isinstance(exponent, tuple) else (1 - exponent, exponent)
    return power(degree_N, -into), power(degree_N, -out)


def normalized(links: SparseMatrix, into_N: torch.Tensor, out_N: torch.Tensor, *, symmetric: bool) -> SparseMatrix:
    """A symmetric matrix [N, N], its rows times `into_N` and its columns times `out_N`."""
    value = links.value * into_N[links.pattern.row] * out_N[links.pattern.column]
    return links.revalued(value, symmetric=symmetric)


def power(degree: torch.Tensor, exponent: float, shrink: float = 0.0) -> torch.Tensor:
    """(degree + shrink)^exponent, with 0 for nodes of degree 0."""
    return torch.where(degree > 0, (degree.clamp(min=1) + shrink) ** exponent, 0.0)
