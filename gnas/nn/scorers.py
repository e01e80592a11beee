"""How a user's and an item's embedding become a score."""

import torch
from torch import nn
from torch.nn.functional import linear, normalize
from torch.utils.checkpoint import checkpoint

from gnas.config.scorers import MLP, Scorer
from gnas.graph.segments import edge_sum
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.init import xavier, zeros

BLOCK_BYTES = 2**26
"""Memory of a block of the perceptron's hidden units."""
FEW = 8
"""Up to this many items a user, `pair` multiplies and adds element by element."""


class Scoring(nn.Module):
    """What every scorer does."""

    def pair(self, u_BD: torch.Tensor, i_BKD: torch.Tensor) -> torch.Tensor:
        """Scores of K items for each of B users: [B, K]."""
        raise NotImplementedError

    def all(self, u_BD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Scores of I items, the same for all users: [B, I]."""
        raise NotImplementedError

    def edges(self, user_UD: torch.Tensor, item_ID: torch.Tensor, user_item: SparseMatrix) -> torch.Tensor:
        """Scores of the stored pairs of `user_item` in CSR order: [E]."""
        raise NotImplementedError


class DotScorer(Scoring):
    """u · i."""

    def __init__(self, _spec: Scorer, _dim: int, _generator: torch.Generator) -> None:
        super().__init__()

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        """The embeddings [..., D] that are multiplied."""
        return x

    def pair(self, u_BD: torch.Tensor, i_BKD: torch.Tensor) -> torch.Tensor:
        """Scores [B, K]. For few items a batch of products costs far more in calls than in arithmetic."""
        u_BD, i_BKD = self.scaled(u_BD), self.scaled(i_BKD)
        if i_BKD.shape[1] <= FEW:
            return (i_BKD * u_BD.unsqueeze(1)).sum(-1)
        return (i_BKD @ u_BD.unsqueeze(-1)).squeeze(-1)

    def all(self, u_BD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Scores [B, I]."""
        return self.scaled(u_BD) @ self.scaled(item_ID).t()

    def edges(self, user_UD: torch.Tensor, item_ID: torch.Tensor, user_item: SparseMatrix) -> torch.Tensor:
        """Scores [E], without a gather per pair."""
        return user_item.sampled_dot(self.scaled(user_UD), self.scaled(item_ID))


class CosineScorer(DotScorer):
    """u · i / (‖u‖ ‖i‖); a zero vector scores 0."""

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        """Unit vectors [..., D]."""
        return normalize(x, dim=-1)


class MLPScorer(Scoring):
    """w · σ(W [u, i, u∘i] + b) (after He et al., WWW 2017).

    The columns of W that meet u alone or i alone are applied once per user and item, not per pair.
    """

    def __init__(self, spec: MLP, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = xavier(spec.hidden, 3 * dim, generator=generator)
        self.bias = zeros(spec.hidden)
        self.out = xavier(1, spec.hidden, generator=generator)
        self.activation = activation(spec.activation)

    def pair(self, u_BD: torch.Tensor, i_BKD: torch.Tensor) -> torch.Tensor:
        """Scores [B, K]."""
        of_user, of_item, of_both = self.weight.chunk(3, dim=1)
        user_B1H = linear(u_BD, of_user, self.bias).unsqueeze(1)
        hidden_BKH = linear(i_BKD, of_item) + linear(i_BKD * u_BD.unsqueeze(1), of_both) + user_B1H
        return linear(self.activation(hidden_BKH), self.out).squeeze(-1)

    def all(self, u_BD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Scores [B, I], in blocks of items that bound the memory of the hidden units."""
        of_user, of_item, of_both = self.weight.chunk(3, dim=1)
        user_BH1 = linear(u_BD, of_user, self.bias).unsqueeze(2)
        map_BHD = u_BD.unsqueeze(1) * of_both + of_item
        n_block = max(1, BLOCK_BYTES // max(1, 4 * user_BH1.numel()))
        blocks = [
            torch.einsum("h,bhi->bi", self.out[0], self.activation(map_BHD @ block_JD.t() + user_BH1))
            for block_JD in torch.split(item_ID, n_block)
        ]
        return torch.cat(blocks, dim=1)

    def edges(self, user_UD: torch.Tensor, item_ID: torch.Tensor, user_item: SparseMatrix) -> torch.Tensor:
        """Scores [E], in blocks of pairs that are computed again for the gradient."""
        pattern, n_block = user_item.pattern, max(1, BLOCK_BYTES // (16 * user_UD.shape[1]))

        def block(row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
            u_JD, i_J1D = user_UD.index_select(0, row), item_ID.index_select(0, column).unsqueeze(1)
            return self.pair(u_JD, i_J1D).squeeze(1)

        ends = zip(torch.split(pattern.row.long(), n_block), torch.split(pattern.column.long(), n_block), strict=True)
        return torch.cat([checkpoint(block, *end, use_reentrant=False, preserve_rng_state=False) for end in ends])


class RatingScorer(Scoring):
    """Another scorer plus the mean rating and the biases, which are the last column of the embeddings."""

    def __init__(self, inner: Scoring, mean: float) -> None:
        super().__init__()
        self.inner = inner
        self.mean = mean

    def pair(self, u_BD: torch.Tensor, i_BKD: torch.Tensor) -> torch.Tensor:
        """Ratings [B, K]."""
        bias_BK = u_BD[:, -1:] + i_BKD[..., -1] + self.mean
        return self.inner.pair(u_BD[:, :-1], i_BKD[..., :-1]) + bias_BK

    def all(self, u_BD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Ratings [B, I]."""
        return self.inner.all(u_BD[:, :-1], item_ID[:, :-1]) + (u_BD[:, -1:] + item_ID[:, -1] + self.mean)

    def edges(self, user_UD: torch.Tensor, item_ID: torch.Tensor, user_item: SparseMatrix) -> torch.Tensor:
        """Ratings [E]."""
        bias = edge_sum(user_item.pattern, user_UD[:, -1].contiguous(), item_ID[:, -1].contiguous())
        inner = self.inner.edges(user_UD[:, :-1].contiguous(), item_ID[:, :-1].contiguous(), user_item)
        return inner + bias + self.mean


def build_scorer(spec: Scorer, dim: int, generator: torch.Generator, mean: float | None = None) -> Scoring:
    """The scorer of `spec` for embeddings of size `dim`; with a `mean` rating, of embeddings with a bias at the end."""
    scorer: Scoring = spec.build(dim, generator)
    return scorer if mean is None else RatingScorer(scorer, mean)
