"""Weights of the edges of the user-item graph."""

import torch

from gnas.graph.pattern import Pattern


def edge_weights(pattern: Pattern, degree_N: torch.Tensor, exponent: float) -> torch.Tensor:
    """The weight d_v^(a−1) · d_w^(−a) of every edge w → v of a square pattern, a = `exponent`: float [E].

    a = 0.5 is symmetric (Kipf & Welling, ICLR 2017), a = 0 the mean over v's neighbours, a = 1 its transpose.
    """
    into = power(degree_N, exponent - 1)
    out = power(degree_N, -exponent)
    return into[pattern.row] * out[pattern.column]


def power(degree: torch.Tensor, exponent: float) -> torch.Tensor:
    """degree^exponent, with 0 for nodes of degree 0."""
    return torch.where(degree > 0, degree.clamp(min=1) ** exponent, 0.0)
