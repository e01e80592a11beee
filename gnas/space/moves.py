"""Small changes to a candidate: one parameter moves to a near value; new parameters are drawn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gnas.space.candidate import Candidate, build, built, replay
from gnas.space.slots import Slot, fill

REDRAWS = 8
"""How often the parameters that a change brings into being are drawn again where an architecture refuses them."""


def neighbours(slots: Sequence[Slot], params: Mapping[str, Any], rng: np.random.Generator) -> Iterator[Candidate]:
    """All candidates one change away, in random order, each a different architecture from `params` and from the others.

    A whole number goes one step up or down, a number a small step, a choice to each other value; parameters that
    come into being are drawn at random. Combinations that an architecture refuses are left out.
    """
    start = build(replay(slots, params))
    seen = {start.identity}
    searched = [(slot, value) for slot, value in start.draft.filled if slot.searched]
    changes = [(slot.parameter, near) for slot, value in searched for near in slot.domain.near(value, rng)]
    for index in rng.permutation(len(changes)):
        name, near = changes[index]
        changed = _changed(slots, {**start.params, name: near}, rng, seen)
        if changed is not None:
            seen.add(changed.identity)
            yield changed


def _changed(
    slots: Sequence[Slot], known: Mapping[str, Any], rng: np.random.Generator, seen: set[str]
) -> Candidate | None:
    """A candidate with the values of `known`, the others drawn; None where that makes nothing new."""
    for _ in range(REDRAWS):
        n_drawn = 0

        def choose(slot: Slot) -> Any:
            nonlocal n_drawn
            kept = slot.domain.match(known[slot.parameter]) if slot.parameter in known else []
            if kept:
                return kept[0]
            n_drawn += 1
            return slot.domain.draw(rng)

        candidate = built(fill(slots, choose))
        if candidate is not None and candidate.identity not in seen:
            return candidate
        if not n_drawn:
            return None
    return None
