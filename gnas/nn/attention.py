"""Shared by the attention operators: heads, and the weighted sum over neighbours."""

import torch

from gnas.errors import ConfigError
from gnas.graph.products import sparse_dense
from gnas.graph.segments import segment_softmax
from gnas.graph.sparse import SparseMatrix


def head_dim(kind: str, dim: int, heads: int) -> int:
    """Features of each head.

    Raises:
        ConfigError: the heads do not divide the embedding size.
    """
    if dim % heads:
        raise ConfigError(
            f"propagation {kind}: heads {heads} does not divide dim {dim}, which the heads share; "
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
