"""Operators that weigh neighbours by attention.

Heads share `dim` and stand side by side in the result.
"""

import math

import torch
from torch.nn.functional import leaky_relu

from gnas.config.propagation import GAT, GATv2, GraphTransformer
from gnas.errors import ConfigError
from gnas.graph.additive import additive_scores
from gnas.graph.normalize import Weighing
from gnas.graph.products import sparse_dense
from gnas.graph.segments import edge_sum, segment_softmax
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import SLOPE, activation
from gnas.nn.init import Linear, xavier, zeros
from gnas.nn.ops.layer import Layer


class GATLayer(Layer):
    """σ(Σ_w α_vw W x_w + b), α = softmax_w(leaky_relu(p · W x_v + q · W x_w)) (Velickovic et al., ICLR 2018).

    Every node is its own neighbour too. Without `linear`, W is the identity and b is left out.
    """

    weighing = Weighing(self_loops=True)

    def __init__(self, spec: GAT, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = (spec.heads, head_dim(f"propagation {spec.kind}", dim, spec.heads))
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


class GATv2Layer(Layer):
    """σ(Σ_w α_vw s_w + b), α = softmax_w(p · leaky_relu(t_v + s_w)), s = x W₁ᵀ + b₁, t = x W₂ᵀ + b₂.

    Brody et al., ICLR 2022. Every node is its own neighbour too. Without `linear`, s = t = x and b is left out.
    """

    weighing = Weighing(self_loops=True)

    def __init__(self, spec: GATv2, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads, width = spec.heads, head_dim(f"propagation {spec.kind}", dim, spec.heads)
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


class TransformerLayer(Layer):
    """σ(W x_v + b + Σ_w α_vw v_w), α = softmax_w(q_v · k_w / √d), d the size of a head (Shi et al., IJCAI 2021).

    Queries, keys and values are linear maps with a bias.
    """

    def __init__(self, spec: GraphTransformer, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads, self.scale = spec.heads, 1 / math.sqrt(head_dim(f"propagation {spec.kind}", dim, spec.heads))
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


def head_dim(where: str, dim: int, heads: int) -> int:
    """Features of each head.

    Raises:
        ConfigError: the heads do not divide the embedding size.
    """
    if dim % heads:
        raise ConfigError(
            f"{where}: heads {heads} does not divide dim {dim}, which the heads share; "
            f"take another dim or another number of heads"
        )
    return dim // heads


def attend(matrix: SparseMatrix, logits: list[torch.Tensor], value_ND: torch.Tensor) -> torch.Tensor:
    """Each node's mean of its neighbours' values, weighed head by head by the softmax of the logits: [N, D].

    Args:
        matrix: who is whose neighbour; of its values only those count that edge dropout made 0.
        logits: for each head [E], in CSR order.
        value_ND: the heads' features side by side.
    """
    pattern, gone = matrix.pattern, matrix.gone
    parts = []
    for logit, value in zip(logits, value_ND.chunk(len(logits), dim=1), strict=True):
        share = segment_softmax(pattern, logit if gone is None else logit.masked_fill(gone, -torch.inf))
        parts.append(sparse_dense(pattern, share, value.contiguous()))
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
