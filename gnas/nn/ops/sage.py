"""The propagation of GraphSAGE."""

import torch

from gnas.config.propagation import SAGE
from gnas.graph.normalize import Weighing
from gnas.graph.segments import segment_max
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class SAGELayer(Layer):
    """σ(x W₁ᵀ + agg(x) W₂ᵀ + b), agg the mean, maximum or sum over neighbours (Hamilton et al., NeurIPS 2017).

    Without `linear`, σ(x + agg(x)). A node without neighbours aggregates to 0.
    """

    def __init__(self, spec: SAGE, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.largest = spec.aggregate == "max"
        self.weighing = Weighing(0.0 if spec.aggregate == "mean" else None)
        self.own = Linear(dim, dim, generator, bias=False) if spec.linear else None
        self.near = Linear(dim, dim, generator) if spec.linear else None
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        near = segment_max(matrix.present, x_ND) if self.largest else matrix.matmul(x_ND)
        if self.own is None or self.near is None:
            return self.activation(x_ND + near)
        return self.activation(self.own(x_ND) + self.near(near))
