"""The graph attention network's propagation."""

import torch
from torch.nn.functional import leaky_relu

from gnas.config.propagation import GAT
from gnas.graph.normalize import Weighing
from gnas.graph.segments import edge_sum
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import SLOPE, activation
from gnas.nn.attention import attend, head_dim
from gnas.nn.init import xavier, zeros
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class GATLayer(Layer):
    """σ(Σ_w α_vw W x_w + b), α = softmax_w(leaky_relu(p · W x_v + q · W x_w)) (Velickovic et al., ICLR 2018).

    Every node is its own neighbour too. Heads share `dim` and stand side by side in the result. Without `linear`,
    W is the identity and b is left out.
    """

    weighing = Weighing(self_loops=True)

    def __init__(self, spec: GAT, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = (spec.heads, head_dim(spec.kind, dim, spec.heads))
        self.linear = Linear(dim, dim, generator, bias=False) if spec.linear else None
        self.bias = zeros(dim) if spec.linear else None
        self.target = xavier(*self.shape, generator=generator)
        self.source = xavier(*self.shape, generator=generator)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        value_ND = x_ND if self.linear is None else self.linear(x_ND)
        value_NHd = value_ND.unflatten(1, self.shape)
        to_HN, source_HN = (torch.einsum("nhd,hd->hn", value_NHd, vector) for vector in (self.target, self.source))
        logits = [
            leaky_relu(edge_sum(matrix.pattern, to, source), SLOPE) for to, source in zip(to_HN, source_HN, strict=True)
        ]
        out = attend(matrix, logits, value_ND)
        return self.activation(out if self.bias is None else out + self.bias)
