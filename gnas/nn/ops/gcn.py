"""The graph convolution of Kipf & Welling."""

import torch

from gnas.config.propagation import GCN, norm_exponent
from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class GCNLayer(Layer):
    """σ(Â x Wᵀ + b), Â normalised with or without self loops (Kipf & Welling, ICLR 2017).

    Without `linear`, σ(Â x).
    """

    def __init__(self, spec: GCN, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.reads_itself = spec.self_loops
        self.weighing = Weighing(norm_exponent(spec.norm), spec.self_loops)
        self.linear = Linear(dim, dim, generator) if spec.linear else None
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        out = matrix.matmul(x_ND)
        return self.activation(out if self.linear is None else self.linear(out))
