"""How a user's and an item's embedding become a score."""

from typing import Protocol

import torch
from torch import nn

from gnas.config.objective import Cosine, Dot, Scorer
from gnas.errors import ConfigError
from gnas.graph.sparse import SparseMatrix


class PairScorer(Protocol):
    """What a scorer does; modules, so that learned parts are found."""

    def pair(self, u_BD: torch.Tensor, i_BKD: torch.Tensor) -> torch.Tensor:
        """Scores of K items for each of B users: [B, K]."""
        ...

    def all(self, u_BD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Scores of all items for each of B users: [B, I]."""
        ...

    def edges(self, user_UD: torch.Tensor, item_ID: torch.Tensor, user_item: SparseMatrix) -> torch.Tensor:
        """Scores of the stored pairs of `user_item` in CSR order: [E]."""
        ...


class DotScorer(nn.Module):
    """Inner product."""

    def pair(self, u_BD: torch.Tensor, i_BKD: torch.Tensor) -> torch.Tensor:
        """Scores of K items for each of B users: [B, K]."""
        return (i_BKD @ u_BD.unsqueeze(-1)).squeeze(-1)

    def all(self, u_BD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Scores of all items for each of B users: [B, I]."""
        return u_BD @ item_ID.t()

    def edges(self, user_UD: torch.Tensor, item_ID: torch.Tensor, user_item: SparseMatrix) -> torch.Tensor:
        """Scores of the stored pairs of `user_item` in CSR order: [E]."""
        return user_item.sampled_dot(user_UD, item_ID)


def build_scorer(spec: Scorer, dim: int, generator: torch.Generator) -> DotScorer:
    """The scorer of `spec` for embeddings of size `dim`."""
    if isinstance(spec, Dot):
        return DotScorer()
    raise ConfigError(f"scorer {spec.kind} {dim} {generator} {Cosine}")
