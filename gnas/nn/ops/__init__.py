"""One propagation operator per file.

A builder is called as `OPS[kind](spec, dim, graph, generator)` and gives a module that maps x [N, D] and the factors of
the interactions [E] (or None) to [N, D]. `reads_itself = False` says that a node's output is that of its neighbours
alone, zero where it has none.
"""

from collections.abc import Callable

from torch import nn

from gnas.nn.ops.gat import GATLayer
from gnas.nn.ops.gatv2 import GATv2Layer
from gnas.nn.ops.gcn import GCNLayer
from gnas.nn.ops.gin import GINLayer
from gnas.nn.ops.lightgcn import LightGCNLayer
from gnas.nn.ops.ngcf import NGCFLayer
from gnas.nn.ops.sage import SAGELayer
from gnas.nn.ops.transformer import TransformerLayer
from gnas.registry import Registry

LayerBuilder = Callable[..., nn.Module]

OPS: Registry[LayerBuilder] = Registry("propagation operator")
OPS.add("lightgcn", LightGCNLayer)
OPS.add("gcn", GCNLayer)
OPS.add("ngcf", NGCFLayer)
OPS.add("sage", SAGELayer)
OPS.add("gin", GINLayer)
OPS.add("gat", GATLayer)
OPS.add("gatv2", GATv2Layer)
OPS.add("transformer", TransformerLayer)
