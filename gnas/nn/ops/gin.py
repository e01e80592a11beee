"""The graph isomorphism network's propagation."""

import torch
from torch import nn

from gnas.config.propagation import GIN, norm_exponent
from gnas.graph.bipartite import Graph
from gnas.nn.activations import ACTIVATIONS
from gnas.nn.init import zeros
from gnas.nn.linear import Linear


class GINLayer(nn.Module):
    """MLP((1 + ε) x + A x) with a two-layer MLP and a learned ε, zero at the start (Xu et al., ICLR 2019).

    The paper's A is the plain sum; here it is normalised as `norm` says.
    """

    def __init__(self, spec: GIN, dim: int, graph: Graph, generator: torch.Generator) -> None:
        super().__init__()
        self.adjacency = graph.adjacency(norm_exponent(spec.norm))
        self.epsilon = zeros(1)
        self.inner = Linear(dim, dim, generator)
        self.outer = Linear(dim, dim, generator)
        self.activation = ACTIVATIONS[spec.activation]

    def forward(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """One step of propagation [N, D]; `edges` [E] weighs the interactions anew, None leaves them as they are."""
        adjacency = self.adjacency if edges is None else self.adjacency.reweighted(edges)
        mixed = torch.addcmul(adjacency.matmul(x_ND), x_ND, 1 + self.epsilon)
        return self.outer(self.activation(self.inner(mixed)))  # type: ignore[no-any-return]
