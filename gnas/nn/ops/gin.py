"""The graph isomorphism network's propagation."""

import torch

from gnas.config.propagation import GIN, norm_exponent
from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.init import zeros
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class GINLayer(Layer):
    """MLP((1 + ε) x + A x) with a two-layer MLP and a learned ε, zero at the start (Xu et al., ICLR 2019).

    The paper's A is the plain sum; here it is normalised as `norm` says.
    """

    def __init__(self, spec: GIN, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weighing = Weighing(norm_exponent(spec.norm))
        self.epsilon = zeros(1)
        self.inner = Linear(dim, dim, generator)
        self.outer = Linear(dim, dim, generator)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        mixed = torch.addcmul(matrix.matmul(x_ND), x_ND, 1 + self.epsilon)
        return self.outer(self.activation(self.inner(mixed)))  # type: ignore[no-any-return]
