"""A small Transformer that reads a few tokens into one vector.

Shapes: n rows, T tokens a row, D dim, O length of the result.
"""

import torch
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from gnas.errors import ConfigError
from gnas.nn.init import zeros
from gnas.nn.linear import Linear


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
        what: what is read, for the sentence of an error.

    Raises:
        ConfigError: the heads do not divide `dim`.
    """

    def __init__(
        self, dim: int, layers: int, heads: int, n_out: int, generator: torch.Generator, *, std: float, what: str
    ) -> None:
        super().__init__()
        if dim % heads:
            raise ConfigError(
                f"{what}: heads {heads} does not divide dim {dim}, which the heads share; take another dim or another "
                "number of heads"
            )
        self.start_D = zeros(dim)
        self.norm = nn.LayerNorm(dim)
        self.layers = nn.ModuleList(ReaderLayer(dim, heads, generator) for _ in range(layers))
        self.last_norm = nn.LayerNorm(dim)
        self.out_OD = nn.Parameter(torch.eye(dim).repeat(-(-n_out // dim), 1)[:n_out] * std)

    def forward(self, token_nTD: torch.Tensor, known_nT: torch.Tensor | None = None) -> torch.Tensor:
        """Read each row: [n, O]; `known_nT` marks the tokens that are there, None: all of them."""
        x_nTD = self.norm(token_nTD)
        if known_nT is None:
            mean_n1D, mask, any_n1 = x_nTD.mean(1, keepdim=True), None, None
        else:
            any_n1 = known_nT.any(1, keepdim=True)
            weight_nT1 = known_nT.to(x_nTD.dtype)[..., None]
            mean_n1D = (x_nTD * weight_nT1).sum(1, keepdim=True) / weight_nT1.sum(1, keepdim=True).clamp(min=1)
            mask = nn.functional.pad(known_nT, (1, 0), value=True)[:, None, None, :]
        x_nTD = torch.cat([self.start_D + mean_n1D, x_nTD], dim=1)
        for place, layer in enumerate(self.layers):
            x_nTD = layer(x_nTD, mask, 1 if place == len(self.layers) - 1 else x_nTD.shape[1])
        out_nO = nn.functional.linear(self.last_norm(x_nTD[:, 0]), self.out_OD)
        return out_nO if any_n1 is None else out_nO * any_n1


class ReaderLayer(nn.Module):
    """x ← x + A(norm x), x ← x + F(norm x): attention over all tokens, then a gelu network of twice the width.

    A and F end in maps that start at zero.
    """

    def __init__(self, dim: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.second_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value = (Linear(dim, dim, generator) for _ in range(3))
        self.mix_DD = zeros(dim, dim)
        self.first = Linear(dim, 2 * dim, generator)
        self.last_DH = zeros(dim, 2 * dim)

    def forward(self, x_nTD: torch.Tensor, mask: torch.Tensor | None, n_read: int) -> torch.Tensor:
        """What becomes of the first `n_read` tokens: [n, n_read, D]; `mask` marks the tokens that are attended to."""
        z_nTD = self.norm(x_nTD)
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.query(z_nTD[:, :n_read]), self.key(z_nTD), self.value(z_nTD))
        )
        heads = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x_nTD = x_nTD[:, :n_read] + nn.functional.linear(heads.transpose(1, 2).flatten(2), self.mix_DD)
        return x_nTD + nn.functional.linear(gelu(self.first(self.second_norm(x_nTD))), self.last_DH)
