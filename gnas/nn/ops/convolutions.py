"""Operators that add up neighbours by fixed weights."""

import torch

from gnas.config.propagation import GCN, GIN, NGCF, SAGE, LightGCN
from gnas.graph.normalize import Weighing
from gnas.graph.segments import segment_max
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.init import Linear, zeros
from gnas.nn.ops.layer import Layer


class LightGCNLayer(Layer):
    """The normalised sum over neighbours: A x (He et al., SIGIR 2020)."""

    reads_itself = False

    def __init__(self, spec: LightGCN, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()
        self.weighing = Weighing.of(spec.norm)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        return matrix.matmul(x_ND)


class GCNLayer(Layer):
    """σ(Â x Wᵀ + b), Â normalised with or without self loops (Kipf & Welling, ICLR 2017).

    Without `linear`, σ(Â x).
    """

    def __init__(self, spec: GCN, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.reads_itself = spec.self_loops
        self.weighing = Weighing.of(spec.norm, spec.self_loops)
        self.linear = Linear(dim, dim, generator) if spec.linear else None
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        out = matrix.matmul(x_ND)
        return self.activation(out if self.linear is None else self.linear(out))


class NGCFLayer(Layer):
    """σ((x + A x) W₁ᵀ + (x ∘ A x) W₂ᵀ + b) (Wang et al., SIGIR 2019, equations 3 to 7).

    Σ_w a_vw W₂ (x_w ∘ x_v) = W₂ (x ∘ A x)_v, so that one product with A serves both terms. The bias is that of the
    authors' program; their scaling of every layer's output to unit length is left out.
    """

    def __init__(self, spec: NGCF, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weighing = Weighing.of(spec.norm)
        self.sum = Linear(dim, dim, generator)
        self.product = Linear(dim, dim, generator, bias=False)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        near = matrix.matmul(x_ND)
        return self.activation(self.sum(x_ND + near) + self.product(x_ND * near))


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


class GINLayer(Layer):
    """MLP((1 + ε) x + A x) with a two-layer MLP and a learned ε, zero at the start (Xu et al., ICLR 2019).

    The paper's A is the plain sum; here it is normalised as `norm` says.
    """

    def __init__(self, spec: GIN, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weighing = Weighing.of(spec.norm)
        self.epsilon = zeros(1)
        self.inner = Linear(dim, dim, generator)
        self.outer = Linear(dim, dim, generator)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        mixed = torch.addcmul(matrix.matmul(x_ND), x_ND, 1 + self.epsilon)
        return self.outer(self.activation(self.inner(mixed)))  # type: ignore[no-any-return]
