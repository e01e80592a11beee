"""Tries a space before anything runs: both ends of every range and every choice, in an architecture."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from gnas.config.architecture import Architecture, Trained
from gnas.config.document import Document, KeyPath
from gnas.config.problems import Problem, problems_of, shorten
from gnas.errors import ConfigError
from gnas.space.candidate import draw
from gnas.space.domain import Scalar
from gnas.space.order import satisfying
from gnas.space.slots import Draft, Slot, fill

ATTEMPTS = 50
Allowed = Mapping[str, tuple[Scalar, ...]]
"""The values that names must have for a slot to exist."""


def value_problems(
    slots: Sequence[Slot], document: Document, rng: np.random.Generator, broken: Collection[KeyPath] = ()
) -> list[str]:
    """Values that an architecture refuses, whatever the rest of it is.

    First the values that are wrong by themselves, each told with its place; problems at a place in `broken` are told
    already. Where there are none: values that are refused beside everything else, tried in 50 random surroundings.
    """
    tests = [(slot, value, allowed) for slot, allowed in _existing(slots) for value in slot.domain.ends()]
    found: dict[str, None] = {}
    for slot, value, allowed in tests:
        draft = _around(slots, slot, value, allowed, None)
        for problem in _refusals(draft):
            if not problem.rule and problem.path not in broken:
                found[_told(problem, draft, document)] = None
    if found or broken:
        return list(found)
    try:
        draw(slots, rng)
    except ConfigError as error:
        return [document.problem((), str(error))]
    for slot, value, allowed in tests:
        reason = _always_refused(slots, slot, value, allowed, rng) if slot.searched else ""
        if reason:
            sentence = f"{shorten(value)} is refused in every combination tried: {reason}"
            found[document.problem(slot.origin, sentence, slot.path)] = None
    return list(found)


def _existing(slots: Sequence[Slot]) -> list[tuple[Slot, Allowed]]:
    """The slots that can exist, each with what the others must be for that."""
    allowed = ((slot, satisfying(slot.conditions, slots)) for slot in slots)
    return [(slot, values) for slot, values in allowed if values is not None]


def _always_refused(slots: Sequence[Slot], target: Slot, value: Any, allowed: Allowed, rng: np.random.Generator) -> str:
    """Why `target` cannot be `value`, empty where it can be somewhere."""
    reason = ""
    for attempt in range(ATTEMPTS):
        problems = _refusals(_around(slots, target, value, allowed, rng if attempt else None))
        if not problems:
            return ""
        reason = "; ".join(problem.sentence for problem in problems)
    return reason


def _around(
    slots: Sequence[Slot],
    target: Slot,
    value: Any,
    allowed: Allowed,
    rng: np.random.Generator | None,
) -> Draft:
    """The draft in which `target` is `value`; the rest as `allowed` says, first values or at random."""

    def choose(slot: Slot) -> Any:
        if slot is target:
            return value
        members = slot.domain.ends()
        if slot.name in allowed:
            members = [member for wanted in allowed[slot.name] for member in slot.domain.match(wanted)]
        return members[0] if rng is None else members[int(rng.integers(len(members)))]

    return fill(slots, choose)


def _refusals(draft: Draft) -> list[Problem]:
    try:
        Architecture.model_validate(draft.tree)
    except ValidationError as error:
        return problems_of(error, Trained, draft.tree)
    return []


def _told(problem: Problem, draft: Draft, document: Document) -> str:
    """The problem at the place in the space's file that gave the value."""
    origin: KeyPath = ()
    depth = -1
    for slot, _ in draft.filled:
        if problem.path[: len(slot.path)] == slot.path and len(slot.path) > depth:
            origin, depth = slot.origin, len(slot.path)
    return document.problem(origin, problem.sentence, problem.path)
