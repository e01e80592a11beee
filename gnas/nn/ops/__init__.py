"""One propagation operator per file.

A builder is called as `OPS[kind](spec, dim, graph, generator)` and gives a module that maps x [N, D] and the weights of
the interactions [E] (or None) to [N, D].
"""

from collections.abc import Callable

from torch import nn

from gnas.nn.ops.lightgcn import LightGCNLayer
from gnas.registry import Registry

LayerBuilder = Callable[..., nn.Module]

OPS: Registry[LayerBuilder] = Registry("propagation operator")
OPS.add("lightgcn", LightGCNLayer)
