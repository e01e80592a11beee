"""Small changes to a candidate: one parameter to a near value, and whatever that brings into being."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gnas.config.architecture import identity
from gnas.errors import ConfigError
from gnas.space.domain import Fixed
from gnas.space.draw import Infeasible, build, replay
from gnas.space.slots import Draft, Slot, fill

REDRAWS = 8
"""How often the parameters that a change brings into being are drawn again where an architecture refuses them."""


def neighbours(slots: Sequence[Slot], params: Mapping[str, Any], rng: np.random.Generator) -> list[dict[str, Any]]:
    """All candidates one change away, in random order, each a different architecture from `params` and from the others.

    A whole number goes one step up or down, a number a small step, a choice to each other value; parameters that
    come into being are drawn at random. Combinations that an architecture refuses are left out.
    """
    start = replay(slots, params)
    seen = {identity(build(start))}
    found: list[dict[str, Any]] = []
    changes = _changes(start, rng)
    for index in rng.permutation(len(changes)):
        changed = _changed(slots, start, changes[index], rng, seen)
        if changed is not None:
            found.append(changed)
    return found


def mutate(slots: Sequence[Slot], params: Mapping[str, Any], rng: np.random.Generator, n: int = 1) -> dict[str, Any]:
    """The parameters after `n` random changes, a different architecture from `params`.

    Raises:
        ConfigError: no change of this candidate makes another architecture.
    """
    seen = {identity(build(replay(slots, params)))}
    current = dict(params)
    for _ in range(n):
        start = replay(slots, current)
        changes = _changes(start, rng)
        for index in rng.permutation(len(changes)):
            changed = _changed(slots, start, changes[index], rng, seen)
            if changed is not None:
                current = changed
                break
        else:
            raise ConfigError("the space has no neighbour of this candidate: nothing in it can be changed")
    return current


def _changes(draft: Draft, rng: np.random.Generator) -> list[tuple[Slot, Any]]:
    """Each parameter that exists with each of its near values."""
    changes: list[tuple[Slot, Any]] = []
    for slot, value in draft.filled:
        domain: Any = slot.domain
        if not isinstance(domain, Fixed):
            changes += [(slot, near) for near in domain.near(value, rng)]
    return changes


def _changed(
    slots: Sequence[Slot], start: Draft, change: tuple[Slot, Any], rng: np.random.Generator, seen: set[str]
) -> dict[str, Any] | None:
    """The parameters after a change, None where it makes nothing new; what it makes is added to `seen`."""
    known = {**start.params, change[0].parameter: change[1]}
    for _ in range(REDRAWS):
        drawn: list[str] = []

        def choose(slot: Slot, drawn: list[str] = drawn) -> Any:
            domain: Any = slot.domain
            kept = domain.match(known[slot.parameter]) if slot.parameter in known else []
            if kept:
                return kept[0]
            drawn.append(slot.parameter)
            return domain.draw(rng)

        draft = fill(slots, choose)
        try:
            made = identity(build(draft))
        except Infeasible:
            made = ""
        if made and made not in seen:
            seen.add(made)
            return draft.params
        if not drawn:
            return None
    return None
