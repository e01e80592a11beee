"""Propagation over the user-item graph: one class per operator, and the stack they share.

A class here says what can be written and names the layer that does it. Adding an operator means one class, with
`builder` pointing at its layer, and one file that holds the layer; `@register(PROPAGATIONS)` makes it known.
"""

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from gnas.config.base import AlsoWritten, Choice, ChoiceReader, register
from gnas.config.named import COMBINES, Activation, Combine
from gnas.config.pyg import Value, manner_of
from gnas.config.words import number, told
from gnas.registry import Registry

PROPAGATIONS: Registry[type["Propagation"]] = Registry("propagation")

Fraction = Annotated[float, Field(ge=0, le=1)]
DropoutRate = Annotated[float, Field(ge=0, lt=1)]
NORM_EXPONENT = {"left": 0.0, "sym": 0.5, "right": 1.0}


def _other_norm(norm: Any) -> list[Any]:
    """The exponent of a name, the name of an exponent."""
    if norm in NORM_EXPONENT:
        return [NORM_EXPONENT[norm]]
    return [name for name, exponent in NORM_EXPONENT.items() if norm == exponent]


Norm = Annotated[
    Literal["sym", "left", "right"] | Fraction,
    AlsoWritten(_other_norm),
    Field(
        description="Weight of the edge w → v, d_v^(a−1) · d_w^(−a): `sym` is a = 0.5, `left` a = 0 (the mean of the "
        "neighbours), `right` a = 1; a number is a itself."
    ),
]
Heads = Annotated[int, Field(ge=1, le=16, description="Heads of the attention; they divide `dim`.")]
Linear = Annotated[bool, Field(description="Whether each layer has a linear map.")]


def norm_exponent(norm: Norm) -> float:
    """The exponent `a` of a normalisation, named or given."""
    return NORM_EXPONENT[norm] if isinstance(norm, str) else norm


class Propagation(Choice):
    """Any way to propagate.

    Attributes:
        trained: false for closed forms, for which loss and optimiser do not matter. They are built with the graph, and
            give a recommender.
    """

    trained: ClassVar[bool] = True

    def stack(self) -> "Layered | None":
        """The layers over the graph; None where nothing is propagated."""
        return None

    def width(self, dim: int) -> int:
        """Length of a propagated embedding, `dim` that of the free ones."""
        return dim

    def without_graph(self) -> str | None:
        """What makes it use no graph; None where it uses one."""
        return None

    def shown(self) -> dict[str, Any]:
        """The YAML form for people to read, of which a model with the same tensors is made."""
        return self.canonical()


class Layered(Propagation):
    """A stack of `depth` equal layers over the graph."""

    depth: Annotated[int, Field(ge=0, le=8)] = 2
    """Number of layers; 0 is matrix factorisation."""
    combine: Combine = "mean"
    """How the outputs of the layers 0 to `depth` become one embedding."""
    layer0: Fraction = 1.0
    """Weight of layer 0 (the embeddings themselves) in `mean`, `sum` and `concat`; 0 leaves it out."""
    residual: Fraction = 0.0
    """Share of layer 0 mixed into the output of every layer (APPNP's teleport, GCNII's initial residual)."""
    edge_dropout: DropoutRate = 0.0
    """Share of edges left out, drawn again in each step."""
    message_dropout: DropoutRate = 0.0
    """Dropout on the output of every layer."""

    on_samples: ClassVar[bool] = True
    """Whether it can be trained on drawn neighbourhoods, where a node stands beside a part of its neighbours."""
    STACK_FIELDS: ClassVar[tuple[str, ...]] = (
        "depth", "combine", "layer0", "residual", "edge_dropout", "message_dropout",
    )  # fmt: skip
    signs: ClassVar[dict[str, str]] = {"aggregate": "", "activation": "", "combine": ""}
    step_tables: ClassVar[int] = 6
    """Tables of embeddings that a layer keeps for the gradient: its output, that output's gradient, its linear maps."""
    pass_tables: ClassVar[int] = 7
    """Tables of embeddings that a layer holds at once where no gradient is asked for."""

    def layers(self) -> "list[Layered]":
        """The operator of each layer, from the first."""
        return [self] * self.depth

    def stack(self) -> "Layered | None":
        """Itself, if it has a layer."""
        return self if self.depth else None

    def fixed_weights(self) -> list[float] | None:
        """Weights of the layers 0..depth that stand in place of `combine`; None: `combine` says it."""
        return None

    def layer_only(self) -> dict[str, Any]:
        """The YAML form of one layer: the operator's own parameters, without the stack's."""
        return {self.kind: self.model_dump(mode="python", exclude=set(Layered.STACK_FIELDS) | {"weights"})}

    def width(self, dim: int) -> int:
        """More than `dim` where the layers stand side by side."""
        if not self.depth or self.fixed_weights() is not None or not COMBINES[self.combine].joins:
            return dim
        return dim * (self.depth + bool(self.layer0))

    def without_graph(self) -> str | None:
        """A stack of no layers."""
        return None if self.depth else "depth 0"

    def canonical(self) -> dict[str, Any]:
        """No layers: no propagation at all."""
        return super().canonical() if self.depth else NoPropagation().canonical()

    @classmethod
    def alike(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Normalisations as exponents."""
        return {**parameters, "norm": norm_exponent(parameters["norm"])} if "norm" in parameters else parameters

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Without the share of layer 0 where the combination does not ask for it."""
        unasked = set() if COMBINES[self.combine].weighs_layer0 else {"layer0"}
        unasked = unasked if self.fixed_weights() is None else {"combine", "layer0"}
        return {name: value for name, value in parameters.items() if name not in unasked}

    def shown(self) -> dict[str, Any]:
        """Without weights where there are none."""
        ((kind, parameters),) = super().shown().items()
        return {kind: {name: value for name, value in parameters.items() if name != "weights" or value is not None}}

    def words(self) -> str:
        """`lightgcn×2 (left, last)`, the operator's own parameters first."""
        if not self.depth:
            return "mf"
        own = [name for name in type(self).model_fields if name not in self.STACK_FIELDS]
        return _with(self.stack_words(), [*self.details(self.STACK_FIELDS), *self.details(("depth", *own))])

    def stack_words(self) -> str:
        """The layers in a word."""
        return f"{self.kind}×{self.depth}"

    def _detail(self, name: str, value: Any) -> str:
        if name == "norm":
            return next((word for word, known in NORM_EXPONENT.items() if known == value), f"norm {number(value)}")
        if name == "layer0" and value == 0:
            return "no layer 0"
        return super()._detail(name, value)


@register(PROPAGATIONS)
class NoPropagation(Propagation):
    """Matrix factorisation: the graph is used by the loss alone."""

    kind: ClassVar[str] = "none"

    def without_graph(self) -> str | None:
        """It never uses one."""
        return f"propagation {self.kind}"

    def words(self) -> str:
        """Matrix factorisation."""
        return "mf"


@register(PROPAGATIONS)
class LightGCN(Layered):
    """He et al., "LightGCN", SIGIR 2020: the normalised sum over neighbours and nothing else."""

    kind: ClassVar[str] = "lightgcn"
    builder: ClassVar[str] = "gnas.nn.ops.lightgcn:LightGCNLayer"
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
    builder: ClassVar[str] = "gnas.nn.ops.gcn:GCNLayer"
    norm: Norm = "sym"
    self_loops: bool = True
    """Whether every node is a neighbour of itself."""
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class NGCF(Layered):
    """Wang et al., "Neural Graph Collaborative Filtering", SIGIR 2019: neighbours summed and multiplied in."""

    kind: ClassVar[str] = "ngcf"
    builder: ClassVar[str] = "gnas.nn.ops.ngcf:NGCFLayer"
    norm: Norm = "sym"
    combine: Combine = "concat"
    """How the outputs of the layers 0 to `depth` become one embedding."""
    activation: Activation = "leaky_relu"


@register(PROPAGATIONS)
class SAGE(Layered):
    """Hamilton et al., "GraphSAGE", NeurIPS 2017: own state beside the aggregate of the neighbours."""

    kind: ClassVar[str] = "sage"
    builder: ClassVar[str] = "gnas.nn.ops.sage:SAGELayer"
    aggregate: Literal["mean", "max", "sum"] = "mean"
    """What is taken of the neighbours."""
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class GIN(Layered):
    """Xu et al., "How Powerful are Graph Neural Networks?", ICLR 2019: an MLP of (1 + ε)·own + sum of neighbours."""

    kind: ClassVar[str] = "gin"
    builder: ClassVar[str] = "gnas.nn.ops.gin:GINLayer"
    norm: Norm = "left"
    """As for `lightgcn`. The paper sums, but on user-item graphs a plain sum explodes with the degree."""
    activation: Activation = "relu"


@register(PROPAGATIONS)
class GAT(Layered):
    """Velickovic et al., "Graph Attention Networks", ICLR 2018."""

    kind: ClassVar[str] = "gat"
    builder: ClassVar[str] = "gnas.nn.ops.gat:GATLayer"
    heads: Heads = 1
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class GATv2(Layered):
    """Brody et al., "How Attentive are Graph Attention Networks?", ICLR 2022."""

    kind: ClassVar[str] = "gatv2"
    builder: ClassVar[str] = "gnas.nn.ops.gatv2:GATv2Layer"
    heads: Heads = 1
    linear: Linear = True
    activation: Activation = "identity"


@register(PROPAGATIONS)
class GraphTransformer(Layered):
    """Shi et al., "Masked Label Prediction", IJCAI 2021: dot-product attention over neighbours."""

    kind: ClassVar[str] = "transformer"
    builder: ClassVar[str] = "gnas.nn.ops.transformer:TransformerLayer"
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


@register(PROPAGATIONS)
class Mixed(Layered):
    """A different operator in each layer. The keys of the stack stand here, those of an operator in `ops`."""

    kind: ClassVar[str] = "mixed"
    ops: "Annotated[list[LayerField], Field(min_length=1, max_length=8)]"
    """The operator of each layer, from the first."""
    depth: int = 0
    """The number of `ops`; leave it out."""

    @model_validator(mode="before")
    @classmethod
    def _depth_follows(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("ops"), list):
            if values.get("depth", len(values["ops"])) != len(values["ops"]):
                raise ValueError(f"depth is {values['depth']}, but there are {len(values['ops'])} ops; leave depth out")
            return {**values, "depth": len(values["ops"])}
        return values

    @model_validator(mode="after")
    def _layers_are_plain(self) -> "Mixed":
        for op in self.ops:
            if isinstance(op, Mixed):
                raise ValueError("a mixed propagation does not nest")
            stray = sorted(set(op.STACK_FIELDS) & op.model_fields_set)
            if stray:
                raise ValueError(f"{', '.join(stray)} of {op.kind} belong(s) to the whole stack: write it beside `ops`")
        return self

    def layers(self) -> list[Layered]:
        """The operator of each layer, from the first."""
        return list(self.ops)

    def plain(self) -> Layered:
        """The plain stack of the operator that all layers have; itself where they differ."""
        first, *others = (self._layer(op) for op in self.ops)
        if any(layer != first for layer in others):
            return self
        return self.ops[0].model_copy(update={name: getattr(self, name) for name in self.STACK_FIELDS})

    def canonical(self) -> dict[str, Any]:
        """Equal layers are a plain stack of their operator."""
        if (plain := self.plain()) is not self:
            return plain.canonical()
        return {self.kind: {**super().canonical()[self.kind], "ops": [self._layer(op) for op in self.ops]}}

    def shown(self) -> dict[str, Any]:
        """With every layer: each has tensors of its own name."""
        return self.written_in_full()

    def words(self) -> str:
        """As a plain stack where all layers are equal."""
        return super().words() if (plain := self.plain()) is self else plain.words()

    def details(self, without: Collection[str] = ()) -> list[str]:
        """All but the layers, which `stack_words` tells."""
        return super().details({*without, "ops"})

    def stack_words(self) -> str:
        """`lightgcn→gat (heads 2)`."""
        return "→".join(_with(op.kind, op.details(self.STACK_FIELDS)) for op in self.ops)

    @staticmethod
    def _layer(op: Layered) -> dict[str, Any]:
        return {op.kind: op.alike(op.layer_only()[op.kind])}


def _with(name: str, details: list[str]) -> str:
    return f"{name} ({', '.join(details)})" if details else name


PropagationField = Annotated[Propagation, ChoiceReader(PROPAGATIONS)]
LayerField = Annotated[Layered, ChoiceReader(PROPAGATIONS, lambda layer: layer.layer_only())]
Mixed.model_rebuild()
