"""The graph transformer's propagation."""

import math

import torch
from torch import nn

from gnas.config.propagation import GraphTransformer
from gnas.graph.bipartite import Graph
from gnas.nn.activations import ACTIVATIONS
from gnas.nn.attention import attend, head_dim
from gnas.nn.linear import Linear


class TransformerLayer(nn.Module):
    """σ(W x_v + b + Σ_w α_vw v_w), α = softmax_w(q_v · k_w / √d), d the size of a head (Shi et al., IJCAI 2021).

    Queries, keys and values are linear maps with a bias. Heads share `dim` and stand side by side in the result.
    """

    def __init__(self, spec: GraphTransformer, dim: int, graph: Graph, generator: torch.Generator) -> None:
        super().__init__()
        self.heads, self.scale = spec.heads, 1 / math.sqrt(head_dim(spec.kind, dim, spec.heads))
        self.adjacency = graph.adjacency(None)
        self.query, self.key, self.value, self.own = (Linear(dim, dim, generator) for _ in range(4))
        self.activation = ACTIVATIONS[spec.activation]

    def forward(self, x_ND: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """One step of propagation [N, D]; neighbours over interactions of weight 0 in `edges` [E] are left out."""
        query = (self.query(x_ND) * self.scale).chunk(self.heads, dim=1)
        key = self.key(x_ND).chunk(self.heads, dim=1)
        logits = [
            self.adjacency.sampled_dot(to.contiguous(), source.contiguous())
            for to, source in zip(query, key, strict=True)
        ]
        return self.activation(self.own(x_ND) + attend(self.adjacency, logits, self.value(x_ND), edges))
