"""A stack of different operators."""

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from gnas.config.base import ChoiceReader, register
from gnas.config.propagation.stack import (
    PROPAGATIONS,
    Layered,
    with_details,
)

LayerField = Annotated[Layered, ChoiceReader(PROPAGATIONS, lambda layer: layer.layer_only())]


@register(PROPAGATIONS)
class Mixed(Layered):
    """A different operator in each layer. The keys of the stack stand here, those of an operator in `ops`."""

    kind: ClassVar[str] = "mixed"
    ops: Annotated[list[LayerField], Field(min_length=1, max_length=8)]
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
        return "→".join(with_details(op.kind, op.details(self.STACK_FIELDS)) for op in self.ops)

    @staticmethod
    def _layer(op: Layered) -> dict[str, Any]:
        return {op.kind: op.alike(op.layer_only()[op.kind])}
