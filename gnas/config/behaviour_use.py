"""What a candidate makes of behaviours."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field, model_validator

from gnas.config.base import Strict
from gnas.config.words import number

Count = Annotated[float, Field(ge=0, le=100)]


class BehaviourUse(Strict):
    """What a candidate makes of one behaviour; zeros, or `none`: nothing."""

    weight: Count = 0.0
    """What a pair counts in the matrix that is learned from or propagated over, where one of the target counts 1. Of
    several behaviours a pair counts the heaviest."""
    history: Count = 0.0
    """What it counts in the history that a closed form scores a user by, likewise."""
    bonus: Annotated[float, Field(ge=-1000, le=1000)] = 0.0
    """What is added to the scores of items in the user's own history of it, in root mean squares of all scores, times
    how often the item goes on to the target, relative to others."""
    shrink: Annotated[float, Field(ge=0, le=1e9)] = 100.0
    """How many pairs of the mean are added to those of an item before that; with very many, all items get the same."""

    @model_validator(mode="before")
    @classmethod
    def _none_is_short(cls, value: Any) -> Any:
        return {} if value in ("none", None) else value

    @property
    def used(self) -> bool:
        """Whether it does anything."""
        return bool(self.weight or self.history or self.bonus)


BehaviourUses: TypeAlias = dict[str, BehaviourUse]
"""By the name of the behaviour."""


def canonical_uses(uses: Mapping[str, BehaviourUse], *, solved: bool) -> dict[str, dict[str, float]]:
    """The YAML form of what does something, in order of names; what is trained has no history to be scored by."""
    found = {}
    for name, use in sorted(uses.items()):
        tree = {key: value for key in ("weight", "history", "bonus") if (value := getattr(use, key))}
        if not solved:
            tree.pop("history", None)
        if use.bonus:
            tree["shrink"] = use.shrink
        if tree:
            found[name] = tree
    return found


def words_of_uses(uses: Mapping[str, Mapping[str, float]]) -> list[str]:
    """`cart w0.5 h0.1 +12` of a canonical form."""
    return [
        " ".join([
            name,
            *(f"{sign}{number(use[key])}" for key, sign in (("weight", "w"), ("history", "h")) if key in use),
            *([f"{'+' if use['bonus'] > 0 else '−'}{number(abs(use['bonus']))}"] if "bonus" in use else []),
        ])
        for name, use in uses.items()
    ]  # fmt: skip
