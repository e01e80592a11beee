"""Trying a space before anything runs: both ends of every range, every choice, in an architecture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from gnas.config.architecture import Architecture
from gnas.config.document import Document, KeyPath
from gnas.config.domain import Fixed, Scalar
from gnas.config.problems import Problem, problems_of, shorten
from gnas.config.slots import Draft, Slot, fill
from gnas.config.space_order import choose_within, satisfying

ATTEMPTS = 50


def value_problems(slots: Sequence[Slot], document: Document, rng: np.random.Generator) -> list[str]:
    """Values that an architecture refuses, whatever the rest of it is.

    A value that is wrong by itself is told with its place. One that is only refused beside others is tried in 50
    random surroundings, and is told where none of them takes it.
    """
    found: dict[str, None] = {}
    for slot in slots:
        allowed = satisfying(slot.conditions, slots)
        if allowed is None:
            continue  # told by condition_problems
        for value in slot.domain.values() if isinstance(slot.domain, Fixed) else slot.domain.ends():
            for problem in _try(slots, slot, value, allowed, document, rng):
                found[problem] = None
    return list(found)


def _try(
    slots: Sequence[Slot],
    target: Slot,
    value: Any,
    allowed: Mapping[str, tuple[Scalar, ...]],
    document: Document,
    rng: np.random.Generator,
) -> list[str]:
    sentence = ""
    for attempt in range(ATTEMPTS):
        draft = _around(slots, target, value, allowed, rng if attempt else None)
        problems = _refusals(draft)
        if not problems:
            return []
        wrong = [_told(problem, draft, document) for problem in problems if not problem.rule]
        if wrong:
            return wrong
        sentence = "; ".join(problem.sentence for problem in problems)
    what = f"{shorten(value)} is refused in every combination tried: {sentence}"
    return [document.problem(target.origin, what, target.path)]


def _around(
    slots: Sequence[Slot],
    target: Slot,
    value: Any,
    allowed: Mapping[str, tuple[Scalar, ...]],
    rng: np.random.Generator | None,
) -> Draft:
    """The draft in which `target` is `value`; the rest as `allowed` says, first values or at random."""

    def choose(slot: Slot) -> Any:
        if slot is target:
            return value
        members = choose_within(slot, allowed)
        return members[0] if rng is None else members[int(rng.integers(len(members)))]

    return fill(slots, choose)


def _refusals(draft: Draft) -> list[Problem]:
    try:
        Architecture.model_validate(draft.tree)
    except ValidationError as error:
        return problems_of(error, Architecture, draft.tree)
    return []


def _told(problem: Problem, draft: Draft, document: Document) -> str:
    """The problem at the place in the space's file that gave the value."""
    origin: KeyPath = ()
    depth = -1
    for slot, _ in draft.filled:
        if problem.path[: len(slot.path)] == slot.path and len(slot.path) > depth:
            origin, depth = slot.origin, len(slot.path)
    return document.problem(origin, problem.sentence, problem.path)
