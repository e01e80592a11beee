"""Functions between layers."""

from collections.abc import Callable

import torch
from torch.nn import functional

from gnas.config.named import ACTIVATIONS
from gnas.registry import resolve

SLOPE = 0.2
"""Of leaky_relu for negative values, as in GAT and NGCF."""


def activation(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """The function that an architecture calls `name`."""
    function: Callable[[torch.Tensor], torch.Tensor] = resolve(ACTIVATIONS[name])
    return function


def identity(x: torch.Tensor) -> torch.Tensor:
    """The argument itself."""
    return x


def leaky_relu(x: torch.Tensor) -> torch.Tensor:
    """Of slope `SLOPE` for negative values."""
    return functional.leaky_relu(x, SLOPE)
