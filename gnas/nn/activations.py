"""Functions between layers, by name."""

from collections.abc import Callable

import torch
from torch.nn import functional

from gnas.registry import Registry

SLOPE = 0.2
"""Of leaky_relu for negative values, as in GAT and NGCF."""

ACTIVATIONS: Registry[Callable[[torch.Tensor], torch.Tensor]] = Registry("activation")


@ACTIVATIONS.register("identity")
def _identity(x: torch.Tensor) -> torch.Tensor:
    return x


@ACTIVATIONS.register("leaky_relu")
def _leaky_relu(x: torch.Tensor) -> torch.Tensor:
    return functional.leaky_relu(x, SLOPE)


ACTIVATIONS.add("relu", functional.relu)
ACTIVATIONS.add("elu", functional.elu)
ACTIVATIONS.add("gelu", functional.gelu)
ACTIVATIONS.add("tanh", torch.tanh)
ACTIVATIONS.add("sigmoid", torch.sigmoid)
