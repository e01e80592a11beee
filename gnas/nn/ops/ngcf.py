"""The propagation of NGCF."""

import torch

from gnas.config.propagation import NGCF, norm_exponent
from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.linear import Linear
from gnas.nn.ops.layer import Layer


class NGCFLayer(Layer):
    """σ((x + A x) W₁ᵀ + (x ∘ A x) W₂ᵀ + b) (Wang et al., SIGIR 2019, equations 3 to 7).

    Σ_w a_vw W₂ (x_w ∘ x_v) = W₂ (x ∘ A x)_v, so that one product with A serves both terms. The bias is that of the
    authors' program; their scaling of every layer's output to unit length is left out.
    """

    def __init__(self, spec: NGCF, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weighing = Weighing(norm_exponent(spec.norm))
        self.sum = Linear(dim, dim, generator)
        self.product = Linear(dim, dim, generator, bias=False)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        near = matrix.matmul(x_ND)
        return self.activation(self.sum(x_ND + near) + self.product(x_ND * near))
