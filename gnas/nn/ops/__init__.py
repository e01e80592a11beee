"""One propagation operator per file.

A builder is called as `OPS[kind](spec, dim, generator)` and gives a `Layer`.
"""

from collections.abc import Callable

from gnas.nn.ops.gat import GATLayer
from gnas.nn.ops.gatv2 import GATv2Layer
from gnas.nn.ops.gcn import GCNLayer
from gnas.nn.ops.gin import GINLayer
from gnas.nn.ops.layer import Layer
from gnas.nn.ops.lightgcn import LightGCNLayer
from gnas.nn.ops.ngcf import NGCFLayer
from gnas.nn.ops.pyg import PyGLayer
from gnas.nn.ops.sage import SAGELayer
from gnas.nn.ops.transformer import TransformerLayer
from gnas.registry import Registry

LayerBuilder = Callable[..., Layer]

OPS: Registry[LayerBuilder] = Registry("propagation operator")
OPS.add("lightgcn", LightGCNLayer)
OPS.add("gcn", GCNLayer)
OPS.add("ngcf", NGCFLayer)
OPS.add("sage", SAGELayer)
OPS.add("gin", GINLayer)
OPS.add("gat", GATLayer)
OPS.add("gatv2", GATv2Layer)
OPS.add("transformer", TransformerLayer)
OPS.add("pyg", PyGLayer)
