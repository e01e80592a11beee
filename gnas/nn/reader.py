"""A small Transformer that reads a few tokens into one vector.

Shapes: n rows, T tokens a row, D dim, O length of the result.
"""

import math

import torch
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from gnas.nn.init import Linear, zeros
from gnas.nn.ops.attention import head_dim


class TokenReader(nn.Module):
    """From tokens to one vector: layers of attention before which all is normalised (Xiong et al., ICML 2020).

    A further token starts as a learned vector plus the mean of the row's tokens; the result is a linear map of what
    becomes of it, zero for a row without tokens. It alone is read, so the last layer computes nothing else. Every layer
    starts as the identity, the map as the identity times `std`: at first the mean is read, the rest is learned.

    Args:
        dim: D.
        layers: number of layers.
        heads: of the attention.
        n_out: O; where it is a multiple of D, the map starts as several identities.
        generator: source of starting values.
        std: spread of the result at the start.

    Raises:
        ConfigError: the heads do not divide `dim`.
    """

    def __init__(self, dim: int, layers: int, heads: int, n_out: int, generator: torch.Generator, std: float) -> None:
        super().__init__()
        head_dim("features.history", dim, heads)  # refuses heads that do not divide it
        self.start_D = zeros(dim)
        self.norm = nn.LayerNorm(dim)
        self.layers = nn.ModuleList(ReaderLayer(dim, heads, generator) for _ in range(layers))
        self.last_norm = nn.LayerNorm(dim)
        self.out_OD = nn.Parameter(torch.eye(dim).repeat(-(-n_out // dim), 1)[:n_out] * std)

    def forward(self, token_nTD: torch.Tensor, known_nT: torch.Tensor) -> torch.Tensor:
        """Read each row: [n, O]; `known_nT` marks the tokens that are there."""
        x_nTD = self.norm(token_nTD)
        weight_n1T = known_nT.to(x_nTD.dtype)[:, None]
        mean_n1D = weight_n1T @ x_nTD / weight_n1T.sum(2, keepdim=True).clamp(min=1)
        mask = nn.functional.pad(known_nT, (1, 0), value=True)[:, None, None, :]
        x_nTD = torch.cat([self.start_D + mean_n1D, x_nTD], dim=1)
        for place, layer in enumerate(self.layers):
            x_nTD = layer(x_nTD, mask, place == len(self.layers) - 1)
        out_nO = nn.functional.linear(self.last_norm(x_nTD[:, 0]), self.out_OD)
        return out_nO * known_nT.any(1, keepdim=True)


class ReaderLayer(nn.Module):
    """x ← x + A(norm x), x ← x + F(norm x): attention over all tokens, then a gelu network of twice the width.

    A and F end in maps that start at zero. Keys have no bias: it would shift all logits of a query alike.
    """

    def __init__(self, dim: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.second_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.value = Linear(dim, dim, generator), Linear(dim, dim, generator)
        self.key = Linear(dim, dim, generator, bias=False)
        self.mix_DD = zeros(dim, dim)
        self.first = Linear(dim, 2 * dim, generator)
        self.last_DH = zeros(dim, 2 * dim)

    def forward(self, x_nTD: torch.Tensor, mask: torch.Tensor, alone: bool) -> torch.Tensor:
        """What becomes of all tokens [n, T, D], or of the first `alone` [n, 1, D]; `mask` marks what is attended to."""
        z_nTD = self.norm(x_nTD)
        heads_nTD = self._first_asks(z_nTD, mask) if alone else self._all_ask(z_nTD, mask)
        x_nTD = x_nTD[:, : heads_nTD.shape[1]] + nn.functional.linear(heads_nTD, self.mix_DD)
        return x_nTD + nn.functional.linear(gelu(self.first(self.second_norm(x_nTD))), self.last_DH)

    def _all_ask(self, z_nTD: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            of(z_nTD).unflatten(2, (self.heads, -1)).transpose(1, 2) for of in (self.query, self.key, self.value)
        )
        return scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)

    def _first_asks(self, z_nTD: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The same for one query: qᵀ(W_k z) as (W_kᵀ q)ᵀ z and Σ a W_v z as W_v Σ a z, so that no token is mapped."""
        query_nHd = self.query(z_nTD[:, 0]).unflatten(1, (self.heads, -1))
        key_HdD, value_HdD = (of.weight.view(self.heads, -1, z_nTD.shape[2]) for of in (self.key, self.value))
        asked_nHD = torch.einsum("nhd,hde->nhe", query_nHd / math.sqrt(query_nHd.shape[2]), key_HdD)
        logit_nHT = asked_nHD @ z_nTD.transpose(1, 2)
        logit_nHT = logit_nHT.masked_fill(~mask[:, 0], -torch.inf)
        mean_nHD = logit_nHT.softmax(2) @ z_nTD
        heads_nD = torch.einsum("nhe,hde->nhd", mean_nHD, value_HdD).flatten(1)
        return (heads_nD if self.value.bias is None else heads_nD + self.value.bias)[:, None]
