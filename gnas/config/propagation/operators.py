"""The operators: one class each, which names the layer that does it."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from gnas.config.base import register
from gnas.config.named import Activation, Combine
from gnas.config.propagation.stack import PROPAGATIONS, Heads, Layered, Linear, Norm
from gnas.config.pyg import Value, manner_of
from gnas.config.words import told


@register(PROPAGATIONS)
class LightGCN(Layered):
    """He et al., "LightGCN", SIGIR 2020: the normalised sum over neighbours and nothing else."""

    kind: ClassVar[str] = "lightgcn"
    builder: ClassVar[str] = "gnas.nn.ops.convolutions:LightGCNLayer"
    step_tables: ClassVar[int] = 2
    pass_tables: ClassVar[int] = 2
    norm: Norm = "sym"
    weights: list[float] | None = None
    """Fixed weights of the layers 0 to `depth`, in place of `combine` and `layer0`."""

    def fixed_weights(self) -> list[float] | None:
        """The weights, where they are given."""
        return self.weights

    @model_validator(mode="after")
    def _one_weight_per_layer(self) -> "LightGCN":
        if self.weights is not None and len(self.weights) != self.depth + 1:
            raise ValueError(
                f"weights has {len(self.weights)} values, but depth {self.depth} needs {self.depth + 1}, "
                "one for each of the layers 0..depth"
            )
        return self


@register(PROPAGATIONS)
class GCN(Layered):
    """Kipf & Welling, ICLR 2017: normalised sum with self loops, a linear map, an activation."""

    kind: ClassVar[str] = "gcn"
    builder: ClassVar[str] = "gnas.nn.ops.convolutions:GCNLayer"
    norm: Norm = "sym"
    self_loops: bool = True
    """Whether every node is a neighbour of itself."""
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class NGCF(Layered):
    """Wang et al., "Neural Graph Collaborative Filtering", SIGIR 2019: neighbours summed and multiplied in."""

    kind: ClassVar[str] = "ngcf"
    builder: ClassVar[str] = "gnas.nn.ops.convolutions:NGCFLayer"
    norm: Norm = "sym"
    combine: Combine = "concat"
    """How the outputs of the layers 0 to `depth` become one embedding."""
    activation: Activation = "leaky_relu"


@register(PROPAGATIONS)
class SAGE(Layered):
    """Hamilton et al., "GraphSAGE", NeurIPS 2017: own state beside the aggregate of the neighbours."""

    kind: ClassVar[str] = "sage"
    builder: ClassVar[str] = "gnas.nn.ops.convolutions:SAGELayer"
    aggregate: Literal["mean", "max", "sum"] = "mean"
    """What is taken of the neighbours."""
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class GIN(Layered):
    """Xu et al., "How Powerful are Graph Neural Networks?", ICLR 2019: an MLP of (1 + ε)·own + sum of neighbours."""

    kind: ClassVar[str] = "gin"
    builder: ClassVar[str] = "gnas.nn.ops.convolutions:GINLayer"
    norm: Norm = "left"
    """As for `lightgcn`. The paper sums, but on user-item graphs a plain sum explodes with the degree."""
    activation: Activation = "relu"


@register(PROPAGATIONS)
class GAT(Layered):
    """Velickovic et al., "Graph Attention Networks", ICLR 2018."""

    kind: ClassVar[str] = "gat"
    builder: ClassVar[str] = "gnas.nn.ops.attention:GATLayer"
    heads: Heads = 1
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class GATv2(Layered):
    """Brody et al., "How Attentive are Graph Attention Networks?", ICLR 2022."""

    kind: ClassVar[str] = "gatv2"
    builder: ClassVar[str] = "gnas.nn.ops.attention:GATv2Layer"
    heads: Heads = 1
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class GraphTransformer(Layered):
    """Shi et al., "Masked Label Prediction", IJCAI 2021: dot-product attention over neighbours."""

    kind: ClassVar[str] = "transformer"
    builder: ClassVar[str] = "gnas.nn.ops.attention:TransformerLayer"
    heads: Heads = 1
    activation: Activation = "identity"


@register(PROPAGATIONS)
class PyG(Layered):
    """A convolution of PyTorch Geometric that is called with `(x, edge_index)` alone."""

    kind: ClassVar[str] = "pyg"
    builder: ClassVar[str] = "gnas.nn.ops.pyg:PyGLayer"
    on_samples: ClassVar[bool] = False
    signs: ClassVar[dict[str, str]] = {**Layered.signs, "layer": ""}
    layer: str
    """Its name in PyG, such as `TAGConv`."""
    args: dict[str, Value] = Field(default_factory=dict)
    """Its arguments, without the sizes of the embeddings; they can be searched."""
    activation: Activation = "identity"

    def _detail(self, name: str, value: Any) -> str:
        if name == "args":
            return ", ".join(told(argument, given) for argument, given in value.items())
        return super()._detail(name, value)

    @model_validator(mode="after")
    def _pyg_can_do_it(self) -> "PyG":
        manner_of(self.layer, self.args)
        return self
