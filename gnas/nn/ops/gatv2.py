"""The propagation of GATv2."""

import torch

from gnas.config.propagation import GATv2
from gnas.graph.additive import additive_scores
from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import SLOPE, activation
from gnas.nn.attention import attend, head_dim
from gnas.nn.init import xavier, zeros
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class GATv2Layer(Layer):
    """σ(Σ_w α_vw s_w + b), α = softmax_w(p · leaky_relu(t_v + s_w)), s = x W₁ᵀ + b₁, t = x W₂ᵀ + b₂.

    Brody et al., ICLR 2022. Every node is its own neighbour too. Heads share `dim` and stand side by side in the
    result. Without `linear`, s = t = x and b is left out.
    """

    weighing = Weighing(self_loops=True)

    def __init__(self, spec: GATv2, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads, width = spec.heads, head_dim(spec.kind, dim, spec.heads)
        self.source = Linear(dim, dim, generator) if spec.linear else None
        self.target = Linear(dim, dim, generator) if spec.linear else None
        self.bias = zeros(dim) if spec.linear else None
        self.weight = xavier(spec.heads, width, generator=generator)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        source_ND = x_ND if self.source is None else self.source(x_ND)
        to_ND = x_ND if self.target is None else self.target(x_ND)
        own_HH = torch.eye(self.heads, dtype=x_ND.dtype, device=x_ND.device)
        weight_DH = torch.einsum("hd,hk->hdk", self.weight, own_HH).flatten(0, 1)  # block-diagonal
        logit_EH = additive_scores(matrix.pattern, to_ND, source_ND, weight_DH, SLOPE)
        out = attend(matrix, list(logit_EH.t().contiguous()), source_ND)
        return self.activation(out if self.bias is None else out + self.bias)
