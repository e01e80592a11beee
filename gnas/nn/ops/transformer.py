"""The graph transformer's propagation."""

import math

import torch

from gnas.config.propagation import GraphTransformer
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.attention import attend, head_dim
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class TransformerLayer(Layer):
    """σ(W x_v + b + Σ_w α_vw v_w), α = softmax_w(q_v · k_w / √d), d the size of a head (Shi et al., IJCAI 2021).

    Queries, keys and values are linear maps with a bias. Heads share `dim` and stand side by side in the result.
    """

    def __init__(self, spec: GraphTransformer, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads, self.scale = spec.heads, 1 / math.sqrt(head_dim(spec.kind, dim, spec.heads))
        self.query, self.key, self.value, self.own = (Linear(dim, dim, generator) for _ in range(4))
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        query = (self.query(x_ND) * self.scale).chunk(self.heads, dim=1)
        key = self.key(x_ND).chunk(self.heads, dim=1)
        logits = [
            matrix.sampled_dot(to.contiguous(), source.contiguous()) for to, source in zip(query, key, strict=True)
        ]
        return self.activation(self.own(x_ND) + attend(matrix, logits, self.value(x_ND)))
