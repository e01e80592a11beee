"""A linear map that starts from a given generator."""

import torch
from torch import nn

from gnas.nn.init import xavier, zeros


class Linear(nn.Module):
    """x Wᵀ + b; W [out, in] starts Xavier-uniform, b [out] at zero."""

    def __init__(self, n_in: int, n_out: int, generator: torch.Generator, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = xavier(n_out, n_in, generator=generator)
        self.bias = zeros(n_out) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From [..., in] to [..., out]."""
        return nn.functional.linear(x, self.weight, self.bias)
