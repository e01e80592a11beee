"""The propagation of GraphSAGE."""

import torch
from torch import nn

from gnas.config.propagation import SAGE
from gnas.graph.bipartite import Graph
from gnas.graph.segments import segment_max
from gnas.nn.activations import ACTIVATIONS
from gnas.nn.linear import Linear


class SAGELayer(nn.Module):
    """σ(x W₁ᵀ + agg(x) W₂ᵀ + b), agg the mean, maximum or sum over neighbours (Hamilton et al., NeurIPS 2017).

    Without `linear`, σ(x + agg(x)). A node without neighbours aggregates to 0.
    """

    def __init__(self, spec: SAGE, dim: int, graph: Graph, generator: torch.Generator) -> None:
        super().__init__()
        self.largest = spec.aggregate == "max"
        self.adjacency = graph.adjacency(0.0 if spec.aggregate == "mean" else None)
        self.own = Linear(dim, dim, generator, bias=False) if spec.linear else None
        self.near = Linear(dim, dim, generator) if spec.linear else None
        self.activation = ACTIVATIONS[spec.activation]

    def forward(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """One step of propagation [N, D]; `edges` [E] weighs the interactions anew, None leaves them as they are.

        The maximum is over the interactions of a weight above 0.
        """
        near = self._largest(x_ND, edges) if self.largest else self._summed(x_ND, edges)
        if self.own is None or self.near is None:
            return self.activation(x_ND + near)
        return self.activation(self.own(x_ND) + self.near(near))

    def _summed(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        return (self.adjacency if edges is None else self.adjacency.reweighted(edges)).matmul(x_ND)

    def _largest(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        pattern = self.adjacency.pattern
        if edges is not None:
            pattern = pattern.where(self.adjacency.factors(edges) > 0)
        return segment_max(pattern, x_ND)
