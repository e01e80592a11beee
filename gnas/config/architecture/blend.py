"""Blends of architectures."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from gnas.config.architecture.base import Architecture, Family
from gnas.config.base import Strict
from gnas.config.features import Features
from gnas.config.words import number


class BlendMember(Strict):
    """A part of a blend."""

    architecture: Architecture
    """What is blended."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Relative to the weights of the others."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """Its best number of epochs, written by gnas, for trainings without validation."""

    def tree(self, architecture: dict[str, Any]) -> dict[str, Any]:
        """The YAML form around that of the architecture."""
        epochs = {} if self.epochs is None else {"epochs": self.epochs}
        return {"weight": self.weight, **epochs, "architecture": architecture}


class Blend(Architecture):
    """The weighted mean of what several architectures say, each on the same scale.

    Rich Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004.
    """

    builder: ClassVar[str] = "gnas.nn.blend:build_blend"
    blend: Annotated[list[BlendMember], Field(min_length=1)]

    @model_validator(mode="after")
    def _members_are_plain(self) -> "Blend":
        if any(member.architecture.members for member in self.blend):
            raise ValueError("a blend does not nest; write its members in one list")
        return self

    @property
    def kind(self) -> str:
        """A blend, whatever of."""
        return "blend"

    @property
    def family(self) -> Family:
        """A family of its own."""
        return "blend"

    @property
    def trained(self) -> bool:
        """Whether a member is."""
        return any(member.architecture.trained for member in self.blend)

    @property
    def members(self) -> tuple[BlendMember, ...]:
        """In the order of the file."""
        return tuple(self.blend)

    def most_epochs(self, given: int | None = None, /) -> int:
        """Of all members, one after the other."""
        return sum(member.architecture.most_epochs(given) for member in self.blend)

    @property
    def read(self) -> Features:
        """Nothing: each member reads what is its own."""
        return Features()

    def with_members(self, members: "Sequence[BlendMember]", /) -> "Blend":
        """A blend of these."""
        return Blend(blend=list(members))

    @property
    def shares(self) -> list[float]:
        """The weights of the members, which add up to 1."""
        total = sum(member.weight for member in self.blend)
        return [member.weight / total for member in self.blend]

    def canonical(self) -> dict[str, Any]:
        """Members in the order of their identities, with their shares."""
        parts = sorted(zip(self.blend, self.shares, strict=True), key=lambda part: part[0].architecture.identity)
        return {"blend": [{"weight": share, "architecture": one.architecture.canonical()} for one, share in parts]}

    def shown(self) -> dict[str, Any]:
        """Each member as it would stand alone."""
        return {"blend": [one.tree(one.architecture.shown()) for one in self.blend]}

    def written(self) -> dict[str, Any]:
        """Each member with every parameter."""
        return {"blend": [one.tree(one.architecture.written()) for one in self.blend]}

    def told(self) -> list[str]:
        """Shares and members, the heaviest first."""
        parts = sorted(
            zip(self.shares, self.blend, strict=True), key=lambda part: (-part[0], part[1].architecture.words)
        )
        members = [f"{number(share)} ({one.architecture.words})" for share, one in parts]
        return [f"blend {' + '.join(members)}"]
