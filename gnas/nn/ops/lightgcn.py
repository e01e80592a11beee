"""LightGCN's propagation."""

import torch
from torch import nn

from gnas.config.propagation import LightGCN, norm_exponent
from gnas.graph.bipartite import Graph
from gnas.graph.sparse import SparseMatrix


class LightGCNLayer(nn.Module):
    """The normalised sum over neighbours: A x (He et al., SIGIR 2020)."""

    reads_itself = False

    def __init__(self, spec: LightGCN, dim: int, graph: Graph, generator: torch.Generator) -> None:  # noqa: ARG002
        super().__init__()
        self.adjacency: SparseMatrix = graph.adjacency(norm_exponent(spec.norm))

    def forward(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """One step of propagation [N, D]; `edges` [E] weighs the interactions anew, None leaves them as they are."""
        adjacency = self.adjacency if edges is None else self.adjacency.reweighted(edges)
        return adjacency.matmul(x_ND)
