"""Attributes as tokens: every column of a table is one, and a small Transformer reads them.

Shapes: n rows, d numbers a row, C columns, D dim, O length of the result.
"""

import math

import torch
from torch import nn

from gnas.config.features import ColumnReading
from gnas.features.blocks import Block
from gnas.nn.init import normal, zeros
from gnas.nn.reader import TokenReader


class ColumnReader(nn.Module):
    """FT-Transformer (Gorishniy et al., NeurIPS 2021) over the columns of a block of attributes.

    The token of column c is W_c z_c + b_c, z_c the column's numbers. For a category that is an embedding of its value,
    for k tags the sum of their embeddings over √k, for a number the number times a vector; "missing" has a place of its
    own in z_c, hence a vector of its own. Centring and scaling of z are taken up by b_c and W_c. A row of which nothing
    is known becomes a learned vector, zero at the start.

    Args:
        block: the attributes, with the widths of their columns.
        spec: layers and heads.
        dim: D.
        n_out: O.
        generator: source of starting values.
        std: spread of the result at the start.

    Raises:
        ConfigError: the heads do not divide `dim`.
    """

    values_nd: torch.Tensor
    present_n1: torch.Tensor

    def __init__(
        self, block: Block, spec: ColumnReading, dim: int, n_out: int, generator: torch.Generator, std: float
    ) -> None:
        super().__init__()
        widths = block.columns or (block.dim,)
        self.widths = [width for width in widths if width]
        self.register_buffer("values_nd", torch.from_numpy(block.values), persistent=False)
        self.register_buffer("present_n1", torch.from_numpy(block.present)[:, None], persistent=False)
        self.table_dD = normal(block.dim, dim, std=math.sqrt(len(self.widths)), generator=generator)
        self.bias_CD = normal(len(self.widths), dim, std=1.0, generator=generator)
        self.missing_O = zeros(n_out)
        self.reader = TokenReader(
            dim, spec.layers, spec.heads, n_out, generator, std=std, what="features.attribute_transformer"
        )

    def tokens(self) -> torch.Tensor:
        """One token a column: [n, C, D]."""
        parts = zip(torch.split(self.values_nd, self.widths, 1), torch.split(self.table_dD, self.widths), strict=True)
        return torch.stack([values @ table for values, table in parts], dim=1) + self.bias_CD

    def forward(self, rate: float, generator: torch.Generator | None) -> torch.Tensor:
        """Read all rows; a share `rate` of them is treated as unknown: [n, O]."""
        known_n1 = self.present_n1
        if rate:
            kept = torch.empty(known_n1.shape, device=known_n1.device).bernoulli_(1 - rate, generator=generator)
            known_n1 = known_n1 & kept.bool()
        return torch.where(known_n1, self.reader(self.tokens()), self.missing_O)
