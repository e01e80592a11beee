"""Architectures that are solved."""

from typing import Any, ClassVar

from pydantic import Field, model_validator

from gnas.config import closed_forms  # noqa: F401 - a propagation may be one of them
from gnas.config.architecture.base import Architecture, Family
from gnas.config.behaviour_use import BehaviourUses, canonical_uses, words_of_uses
from gnas.config.feature_words import feature_words
from gnas.config.features import Features, canonical_links, linking, pinned
from gnas.config.propagation import PropagationField


class ClosedForm(Architecture):
    """A candidate that is solved: the closed form, and the features that it links items and users by."""

    builder: ClassVar[str] = "gnas.nn.model:closed_form"
    propagation: PropagationField
    features: Features = Field(default_factory=Features)
    behaviours: BehaviourUses = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_solved(self) -> "ClosedForm":
        if self.propagation.trained:
            raise ValueError(f"propagation {self.propagation.kind} is trained, not solved")
        return self

    @property
    def kind(self) -> str:
        """The closed form."""
        return self.propagation.kind

    @property
    def family(self) -> Family:
        """Solved, whether over a graph or not."""
        return "closed form"

    @property
    def read(self) -> Features:
        """Those that link."""
        return linking(self.features)

    def canonical(self) -> dict[str, Any]:
        """The closed form, what links, and what is made of behaviours."""
        closed = {"propagation": self.propagation.canonical()}
        links = canonical_links(self.read) if self.reads_features else {}
        uses = canonical_uses(self.behaviours, solved=True)
        return {**closed, **({"features": links} if links else {}), **({"behaviours": uses} if uses else {})}

    def shown(self) -> dict[str, Any]:
        """With the weights of encoders."""
        tree = self.canonical()
        if self.reads_features:
            tree["features"] |= pinned(self.read)
        return tree

    def told(self) -> list[str]:
        """The closed form, and what links."""
        links = [feature_words(self.read, canonical_links(self.read))] if self.reads_features else []
        return [self.propagation.words(), *links, *words_of_uses(canonical_uses(self.behaviours, solved=True))]
