"""The propagation of NGCF."""

import torch
from torch import nn

from gnas.config.propagation import NGCF, norm_exponent
from gnas.graph.bipartite import Graph
from gnas.nn.activations import ACTIVATIONS
from gnas.nn.linear import Linear


class NGCFLayer(nn.Module):
    """σ((x + A x) W₁ᵀ + (x ∘ A x) W₂ᵀ + b) (Wang et al., SIGIR 2019, equations 3 to 7).

    Σ_w a_vw W₂ (x_w ∘ x_v) = W₂ (x ∘ A x)_v, so that one product with A serves both terms. The bias is that of the
    authors' program; their scaling of every layer's output to unit length is left out.
    """

    def __init__(self, spec: NGCF, dim: int, graph: Graph, generator: torch.Generator) -> None:
        super().__init__()
        self.adjacency = graph.adjacency(norm_exponent(spec.norm))
        self.sum = Linear(dim, dim, generator)
        self.product = Linear(dim, dim, generator, bias=False)
        self.activation = ACTIVATIONS[spec.activation]

    def forward(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """One step of propagation [N, D]; `edges` [E] weighs the interactions anew, None leaves them as they are."""
        adjacency = self.adjacency if edges is None else self.adjacency.reweighted(edges)
        near = adjacency.matmul(x_ND)
        return self.activation(self.sum(x_ND + near) + self.product(x_ND * near))
