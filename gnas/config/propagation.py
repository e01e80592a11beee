"""How embeddings move over the user-item graph: one class per operator, and the stack they share.

A class here says what can be written; `gnas/nn/ops/<name>.py` builds it. Adding an operator means one class here and
one file there.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from gnas.config.base import AlsoWritten, Choice, choice_reader
from gnas.config.pyg import Value, check_convolution
from gnas.registry import Registry

PROPAGATIONS: Registry[type["Propagation"]] = Registry("propagation")

Fraction = Annotated[float, Field(ge=0, le=1)]
DropoutRate = Annotated[float, Field(ge=0, lt=1)]
Activation = Literal["identity", "relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"]
NORM_EXPONENT = {"left": 0.0, "sym": 0.5, "right": 1.0}


def _other_norm(norm: Any) -> list[Any]:
    """The exponent of a name, the name of an exponent."""
    if norm in NORM_EXPONENT:
        return [NORM_EXPONENT[norm]]
    return [name for name, exponent in NORM_EXPONENT.items() if norm == exponent]


Norm = Annotated[Literal["sym", "left", "right"] | Fraction, AlsoWritten(_other_norm)]
"""Weight of the edge w → v: d_v^(a-1) · d_w^(-a); `sym` is a = 0.5, `left` (mean) a = 0, `right` a = 1."""
Combine = Literal["last", "mean", "sum", "concat", "learned", "attention"]


def norm_exponent(norm: Norm) -> float:
    """The exponent `a` of a normalisation, named or given."""
    return NORM_EXPONENT[norm] if isinstance(norm, str) else norm


class Propagation(Choice):
    """Any way to propagate. `trained` is false for closed forms, for which loss and optimiser do not matter."""

    trained: ClassVar[bool] = True
    uses_graph: ClassVar[bool] = True


def register(cls: type[Propagation]) -> type[Propagation]:
    """Class decorator: make the class known under its `kind`."""
    return PROPAGATIONS.add(cls.kind, cls)


class Layered(Propagation):
    """A stack of `depth` equal layers over the graph, and how their outputs become one embedding."""

    depth: Annotated[int, Field(ge=0, le=8)] = 2
    """Number of layers; 0 is matrix factorisation."""
    combine: Combine = "mean"
    """How the outputs of the layers 0..depth become one."""
    layer0: Fraction = 1.0
    """Weight of layer 0 (the embeddings themselves) in `mean`, `sum` and `concat`; 0 leaves it out."""
    residual: Fraction = 0.0
    """Share of layer 0 mixed into every layer's output (APPNP's teleport, GCNII's initial residual)."""
    edge_dropout: DropoutRate = 0.0
    """Share of edges removed, drawn anew each step."""
    message_dropout: DropoutRate = 0.0
    """Dropout on every layer's output."""

    on_samples: ClassVar[bool] = True
    """Whether it can be trained on drawn neighbourhoods, where a node stands beside a part of its neighbours."""
    STACK_FIELDS: ClassVar[tuple[str, ...]] = (
        "depth", "combine", "layer0", "residual", "edge_dropout", "message_dropout",
    )  # fmt: skip

    def layers(self) -> "list[Layered]":
        """The operator of each layer, from the first."""
        return [self] * self.depth

    def layer_only(self) -> dict[str, Any]:
        """The YAML form of one layer: the operator's own parameters, without the stack's."""
        return {self.kind: self.model_dump(mode="python", exclude=set(Layered.STACK_FIELDS) | {"weights"})}


@register
class NoPropagation(Propagation):
    """Matrix factorisation: the graph is used by the loss alone."""

    kind: ClassVar[str] = "none"
    uses_graph: ClassVar[bool] = False


@register
class LightGCN(Layered):
    """He et al., "LightGCN", SIGIR 2020: the normalised sum over neighbours and nothing else."""

    kind: ClassVar[str] = "lightgcn"
    norm: Norm = "sym"
    weights: list[float] | None = None
    """Fixed weights of the layers 0..depth, in place of `combine` and `layer0`."""

    @model_validator(mode="after")
    def _one_weight_per_layer(self) -> "LightGCN":
        if self.weights is not None and len(self.weights) != self.depth + 1:
            raise ValueError(
                f"weights has {len(self.weights)} values, but depth {self.depth} needs {self.depth + 1}, "
                "one for each of the layers 0..depth"
            )
        return self


@register
class GCN(Layered):
    """Kipf & Welling, ICLR 2017: normalised sum with self loops, a linear map, an activation."""

    kind: ClassVar[str] = "gcn"
    norm: Norm = "sym"
    self_loops: bool = True
    linear: bool = True
    activation: Activation = "identity"


@register
class NGCF(Layered):
    """Wang et al., "Neural Graph Collaborative Filtering", SIGIR 2019: neighbours summed and multiplied in."""

    kind: ClassVar[str] = "ngcf"
    norm: Norm = "sym"
    combine: Combine = "concat"
    activation: Activation = "leaky_relu"


@register
class SAGE(Layered):
    """Hamilton et al., "GraphSAGE", NeurIPS 2017: own state beside the aggregate of the neighbours."""

    kind: ClassVar[str] = "sage"
    aggregate: Literal["mean", "max", "sum"] = "mean"
    linear: bool = True
    activation: Activation = "identity"


@register
class GIN(Layered):
    """Xu et al., "How Powerful are Graph Neural Networks?", ICLR 2019: an MLP of (1 + ε)·own + sum of neighbours."""

    kind: ClassVar[str] = "gin"
    norm: Norm = "left"
    """The paper sums; on user-item graphs a plain sum explodes with the degree, hence the mean as default."""
    activation: Activation = "relu"


@register
class GAT(Layered):
    """Velickovic et al., "Graph Attention Networks", ICLR 2018."""

    kind: ClassVar[str] = "gat"
    heads: Annotated[int, Field(ge=1, le=16)] = 1
    linear: bool = True
    activation: Activation = "identity"


@register
class GATv2(Layered):
    """Brody et al., "How Attentive are Graph Attention Networks?", ICLR 2022."""

    kind: ClassVar[str] = "gatv2"
    heads: Annotated[int, Field(ge=1, le=16)] = 1
    linear: bool = True
    activation: Activation = "identity"


@register
class GraphTransformer(Layered):
    """Shi et al., "Masked Label Prediction", IJCAI 2021: dot-product attention over neighbours."""

    kind: ClassVar[str] = "transformer"
    heads: Annotated[int, Field(ge=1, le=16)] = 1
    activation: Activation = "identity"


@register
class PyG(Layered):
    """Any graph convolution of PyG that is called with the embeddings and the edges alone."""

    kind: ClassVar[str] = "pyg"
    on_samples: ClassVar[bool] = False
    layer: str
    """Its name in PyG, such as TAGConv."""
    args: dict[str, Value] = Field(default_factory=dict)
    """What it is built with, beside the sizes of the embeddings."""
    activation: Activation = "identity"

    @model_validator(mode="after")
    def _pyg_can_do_it(self) -> "PyG":
        check_convolution(self.layer, self.args)
        return self


@register
class Mixed(Layered):
    """A different operator in every layer; the stack's own parameters stand here, the operators' in `layers`."""

    kind: ClassVar[str] = "mixed"
    ops: "Annotated[list[LayerField], Field(min_length=1, max_length=8)]"
    depth: int = 0
    """Set by the number of `ops`; not written by hand."""

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


@register
class Spectral(Propagation):
    """A graph filter in closed form, never trained; the family of GF-CF, ChebyCF, Turbo-CF and ideal low-pass filters.

    With R̃ = D_U^-user_norm R D_I^-item_norm divided by its largest singular value, P = R̃ᵀR̃, and V the `rank` leading
    right singular vectors of D_U^-½ R D_I^-½, a user with row r of R scores

        r · ( D_I^-b h(P) D_I^b + ideal · D_I^-c V Vᵀ D_I^c ),   b = `degree`, c = `ideal_degree`,

    h being the polynomial that interpolates `response`. The defaults are GF-CF (Shen et al., CIKM 2021).
    """

    kind: ClassVar[str] = "spectral"
    trained: ClassVar[bool] = False
    user_norm: Fraction = 0.5
    """How far active users are weighed down; 0.1 to 0.5, the best differs by data."""
    item_norm: Fraction = 0.5
    """How far popular items are weighed down; 0.3 to 0.5."""
    response: Literal["linear", "ridge", "plateau", "heat", "none"] = "linear"
    """h on eigenvalues λ in 0..1: `linear` λ (GF-CF), `ridge` λ/(λ + 1/sharpness), `plateau` with x = 2λ − 1
    ½(1 + sign(x)|x|^sharpness) (ChebyCF), `heat` exp(−sharpness·(1 − λ)), `none` 0: the ideal part alone."""
    order: Annotated[int, Field(ge=1, le=32)] = 8
    """Order of the Chebyshev interpolation of `ridge`, `plateau` and `heat`: so many products with P."""
    sharpness: Annotated[float, Field(gt=0, le=64)] = 8.0
    degree: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """b: exponent of the item degrees before and after h(P)."""
    ideal: Annotated[float, Field(ge=0, le=10)] = 0.3
    """Weight of the ideal low-pass part V Vᵀ."""
    rank: Annotated[int, Field(ge=1, le=4096)] = 256
    """Number of singular vectors in the ideal part; small data like 8 to 64. At most the smaller side less one."""
    ideal_degree: Annotated[float, Field(ge=-1, le=1)] = 0.5
    """c: exponent of the item degrees before and after V Vᵀ."""

    @model_validator(mode="after")
    def _does_something(self) -> "Spectral":
        if self.response == "none" and self.ideal == 0:
            raise ValueError("response none with ideal 0 scores every item 0; give one of them")
        return self


@register
class ItemGraph(Propagation):
    """A learned item-item graph in closed form: EASE (Steck, WWW 2019) on a normalised matrix.

    With X = s · D_U^-user_norm R D_I^-item_norm, s such that ‖X‖² is the number of interactions,
    B = argmin ‖X − XB‖² + l2·‖B‖² + dropout/(1 − dropout) · Σ_i (XᵀX)_ii ‖B_i‖² with diag(B) = 0, and a user with row r
    of R scores r D_I^-item_norm B. The defaults are EASE.
    """

    kind: ClassVar[str] = "item_graph"
    trained: ClassVar[bool] = False
    l2: Annotated[float, Field(gt=0)] = 200.0
    """Ridge weight, in units of interactions."""
    dropout: DropoutRate = 0.0
    """EDLAE's emphasised dropout (Steck, NeurIPS 2020)."""
    user_norm: Fraction = 0.0
    """How far active users are weighed down; 0.25 is better than 0 on most data."""
    item_norm: Fraction = 0.0
    """How far popular items are weighed down; 0.2 to 0.35 is better than 0 on most data."""


@register
class ALS(Propagation):
    """Matrix factorisation solved by alternating least squares on all user-item pairs: implicit ALS.

    Hu, Koren & Volinsky, ICDM 2008, regularised as in Rendle et al., RecSys 2022: the loss is that of `all-pairs`, each
    side solved exactly in turn instead of stepped down.
    """

    kind: ClassVar[str] = "als"
    trained: ClassVar[bool] = False
    uses_graph: ClassVar[bool] = False
    rank: Annotated[int, Field(ge=1, le=4096)] = 64
    """Size of the factors."""
    unobserved: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Weight of a pair that is not an interaction; an interaction has 1."""
    l2: Annotated[float, Field(gt=0)] = 5.0
    """Mean ridge of a row; active users and popular items have more."""
    sweeps: Annotated[int, Field(ge=1, le=200)] = 12
    """Times that both sides are solved."""


PropagationField = Annotated[
    Propagation,
    BeforeValidator(choice_reader(PROPAGATIONS)),
    PlainSerializer(lambda value: value.written_in_full()),
]
LayerField = Annotated[
    Layered, BeforeValidator(choice_reader(PROPAGATIONS)), PlainSerializer(lambda value: value.layer_only())
]
Mixed.model_rebuild()
