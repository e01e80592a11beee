"""A stack of layers over the user-item graph, and matrix factorisation, which has none."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from gnas.config.base import AlsoWritten, Choice, Strict, register
from gnas.config.named import COMBINES, Combine
from gnas.config.words import number
from gnas.registry import Registry

PROPAGATIONS: Registry[type["Propagation"]] = Registry("propagation")

Fraction = Annotated[float, Field(ge=0, le=1)]
DropoutRate = Annotated[float, Field(ge=0, lt=1)]
NORM_EXPONENT = {"left": 0.0, "sym": 0.5, "right": 1.0}


class Degrees(Strict):
    """Weight of the edge w → v: (d_v + shrink)^(−into) · (d_w + shrink)^(−out), d the number of neighbours."""

    into: Annotated[float, Field(ge=-1, le=2), AlsoWritten(lambda norm: _exponent_in(norm, "into"))]
    """Exponent of the node that takes."""
    out: Annotated[float, Field(ge=-1, le=2), AlsoWritten(lambda norm: _exponent_in(norm, "out"))]
    """Exponent of its neighbour."""
    shrink: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Added to every degree: few neighbours then weigh less than they would."""

    def alike(self) -> "float | str | Degrees":
        """The name or the one number that says the same; itself where there is none."""
        if self == ROOT:
            return "root"
        return self.out if not self.shrink and self.into == 1 - self.out and 0 <= self.out <= 1 else self

    def words(self) -> str:
        """`norm 0.5/0.1 shrink 3`."""
        return f"norm {number(self.into)}/{number(self.out)}" + (
            f" shrink {number(self.shrink)}" if self.shrink else ""
        )


ROOT = Degrees(into=0.5, out=0.0)


def _exponent_in(norm: Any, which: Literal["into", "out"]) -> list[Any]:
    """The exponent that a name stands for."""
    return [getattr(degrees_of(norm), which)] if norm == "root" or norm in NORM_EXPONENT else []


def _other_norm(norm: Any) -> list[Any]:
    """The exponent of a name, the name of an exponent."""
    if norm in NORM_EXPONENT:
        return [NORM_EXPONENT[norm]]
    return [name for name, exponent in NORM_EXPONENT.items() if norm == exponent]


Norm = Annotated[
    Literal["sym", "left", "right", "root"] | Fraction | Degrees,
    AlsoWritten(_other_norm),
    Field(
        description="Weight of the edge w → v, d_v^(a−1) · d_w^(−a): `sym` is a = 0.5, `left` a = 0 (the mean of the "
        "neighbours), `right` a = 1; a number is a itself. `root` is d_v^(−½): the sum of the neighbours over the root "
        "of their number. `{into: x, out: y, shrink: s}` is (d_v + s)^(−x) · (d_w + s)^(−y)."
    ),
]
Heads = Annotated[int, Field(ge=1, le=16, description="Heads of the attention; they divide `dim`.")]
Linear = Annotated[bool, Field(description="Whether each layer has a linear map.")]


def degrees_of(norm: Norm) -> Degrees:
    """What a normalisation, named or given, makes of the degrees."""
    if isinstance(norm, Degrees):
        return norm
    if norm == "root":
        return ROOT
    exponent = NORM_EXPONENT[norm] if isinstance(norm, str) else norm
    return Degrees(into=1 - exponent, out=exponent)


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
        combine = COMBINES[self.combine]
        if not self.depth or self.fixed_weights() is not None or not combine.joins:
            return dim
        return dim * (self.depth + bool(self.layer0 or not combine.weighs_layer0))

    @property
    def crosses(self) -> bool:
        """Whether the layers of items are joined in reverse order."""
        return self.fixed_weights() is None and COMBINES[self.combine].crosses

    @property
    def frees(self) -> bool:
        """Whether layer 0 of the result is a table of its own."""
        return self.fixed_weights() is None and COMBINES[self.combine].frees

    def without_graph(self) -> str | None:
        """A stack of no layers."""
        return None if self.depth else "depth 0"

    def canonical(self) -> dict[str, Any]:
        """No layers: no propagation at all."""
        return super().canonical() if self.depth else NoPropagation().canonical()

    @classmethod
    def alike(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Normalisations as one number or one name, where that says it."""
        if (norm := parameters.get("norm")) is None:
            return parameters
        norm = degrees_of(Degrees.model_validate(norm) if isinstance(norm, dict) else norm).alike()
        return {**parameters, "norm": norm.model_dump() if isinstance(norm, Degrees) else norm}

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
        return with_details(self.stack_words(), [*self.details(self.STACK_FIELDS), *self.details(("depth", *own))])

    def stack_words(self) -> str:
        """The layers in a word."""
        return f"{self.kind}×{self.depth}"

    def _detail(self, name: str, value: Any) -> str:
        if name == "norm" and isinstance(value, dict):
            return Degrees.model_validate(value).words()
        if name == "norm":
            named = next((word for word, known in NORM_EXPONENT.items() if known == value), value)
            return named if isinstance(named, str) else f"norm {number(named)}"
        if name == "layer0" and value == 0:
            return "no layer 0"
        return super()._detail(name, value)


def with_details(name: str, details: list[str]) -> str:
    """`name (first, second)`."""
    return f"{name} ({', '.join(details)})" if details else name
