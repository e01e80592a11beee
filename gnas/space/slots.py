"""A search space as a flat list of slots: one for each value of an architecture, in an order in which to fill them.

A slot exists only where its conditions hold. A choice between branches is a slot whose value is the branch's name; the
parameters of a branch are slots on the condition that this branch was taken. Nothing else is needed to sample, replay,
count, change or look up candidates.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from gnas.config.architecture import Trained
from gnas.config.document import KeyPath
from gnas.config.schema import default_of
from gnas.space.domain import Domain, Fixed, Scalar, same


@dataclass(frozen=True)
class Condition:
    """What `name` stands for in the architecture must be one of `values`."""

    name: str
    values: tuple[Scalar, ...]

    def holds(self, state: Mapping[str, Any]) -> bool:
        """Whether it holds in `state`; what does not exist meets no condition."""
        return self.name in state and any(same(state[self.name], value) for value in self.values)

    def __str__(self) -> str:
        return f"{self.name} is {' or '.join(str(value) for value in self.values)}"


@dataclass(frozen=True)
class Slot:
    """One value of an architecture."""

    path: KeyPath
    """Where it goes in the architecture, names of branches included."""
    name: str
    """What conditions call it: the path without the names of branches, as `propagation.depth`."""
    parameter: str
    """What samplers call it: the name, or the whole path where the name means another range in another branch."""
    domain: Domain
    shape: Literal["leaf", "branch", "list"]
    """`branch`: the name of a tagged choice's member; `list`: the length of a list."""
    inside: tuple[Condition, ...]
    """The branches and lists that it is part of."""
    when: tuple[Condition, ...]
    """The further conditions that the user wrote; where they do not hold, `default` stands."""
    default: Scalar
    origin: KeyPath
    """Where it is written in the space's file."""
    also: Callable[[Any], list[Any]] | None = None
    """Other ways to write a value of it."""

    def match(self, value: Any) -> list[Any]:
        """The member that means the same as `value`, in a list; empty where there is none."""
        ways = [value, *(self.also(value) if self.also else ())]
        return next((found for way in ways if (found := self.domain.match(way))), [])

    @property
    def searched(self) -> bool:
        """Whether it is a parameter, and not one value that is fixed."""
        return not isinstance(self.domain, Fixed)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All that must hold for it to exist."""
        return (*self.inside, *self.when)


Choose = Callable[[Slot], Any]


@dataclass(frozen=True)
class Draft:
    """An architecture's tree before validation, and the slots that gave it their values."""

    tree: dict[str, Any]
    filled: tuple[tuple[Slot, Any], ...]

    @property
    def params(self) -> dict[str, Any]:
        """The sampler's parameters and their values."""
        return {slot.parameter: value for slot, value in self.filled if not isinstance(slot.domain, Fixed)}


def fill(slots: Sequence[Slot], choose: Choose) -> Draft:
    """The draft in which `choose` decides every slot that exists and is not fixed."""
    state = dict(top_level_defaults())
    tree: dict[str, Any] = {}
    filled: list[tuple[Slot, Any]] = []
    for slot in slots:
        if not all(condition.holds(state) for condition in slot.inside):
            continue
        if not all(condition.holds(state) for condition in slot.when):
            state.setdefault(slot.name, slot.default)
            continue
        value = slot.domain.choices[0] if isinstance(slot.domain, Fixed) else choose(slot)
        state[slot.name] = value
        _put(tree, slot, value)
        filled.append((slot, value))
    return Draft(tree, tuple(filled))


def drafts(slots: Sequence[Slot], values: Callable[[Slot], Sequence[Any]]) -> Iterator[Draft]:
    """Every combination of the slots' `values`, as an odometer turns: the last slot fastest."""
    positions: list[int] = []
    sizes: list[int] = []

    def choose(slot: Slot) -> Any:
        members = values(slot)
        if len(sizes) == len(positions):
            positions.append(0)
        sizes.append(len(members))
        return members[positions[len(sizes) - 1]]

    while True:
        sizes.clear()
        yield fill(slots, choose)
        while positions and positions[-1] + 1 == sizes[len(positions) - 1]:
            positions.pop()
        if not positions:
            return
        positions[-1] += 1


@cache
def top_level_defaults() -> Mapping[str, Any]:
    """What stands in an architecture where a space says nothing."""
    return {name: default_of(Trained, name) for name in Trained.model_fields}


def _put(tree: dict[str, Any], slot: Slot, value: Any) -> None:
    here: Any = tree
    for key in slot.path[:-1]:
        here = here.setdefault(str(key), {}) if isinstance(here, dict) else here[key]
    last: Any = slot.path[-1]
    match slot.shape:
        case "leaf":
            here[last] = value
        case "branch":
            here[last] = {value: {}}
        case "list":
            here[last] = [None] * value
