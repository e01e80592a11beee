"""The graph convolution of Kipf & Welling."""

import torch
from torch import nn

from gnas.config.propagation import GCN, norm_exponent
from gnas.graph.bipartite import Graph
from gnas.nn.activations import ACTIVATIONS
from gnas.nn.linear import Linear


class GCNLayer(nn.Module):
    """σ(Â x Wᵀ + b), Â normalised with or without self loops (Kipf & Welling, ICLR 2017).

    Without `linear`, σ(Â x).
    """

    def __init__(self, spec: GCN, dim: int, graph: Graph, generator: torch.Generator) -> None:
        super().__init__()
        self.reads_itself = spec.self_loops
        self.adjacency = graph.adjacency(norm_exponent(spec.norm), spec.self_loops)
        self.linear = Linear(dim, dim, generator) if spec.linear else None
        self.activation = ACTIVATIONS[spec.activation]

    def forward(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """One step of propagation [N, D]; `edges` [E] weighs the interactions anew, None leaves them as they are."""
        adjacency = self.adjacency if edges is None else self.adjacency.reweighted(edges)
        out = adjacency.matmul(x_ND)
        return self.activation(out if self.linear is None else self.linear(out))
