"""LightGCN's propagation."""

import torch

from gnas.config.propagation import LightGCN, norm_exponent
from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix
from gnas.nn.ops.layer import Layer


class LightGCNLayer(Layer):
    """The normalised sum over neighbours: A x (He et al., SIGIR 2020)."""

    reads_itself = False

    def __init__(self, spec: LightGCN, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()
        self.weighing = Weighing(norm_exponent(spec.norm))

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        return matrix.matmul(x_ND)
