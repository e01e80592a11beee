"""From slots to architectures: sampling, replay, random candidates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from gnas.config.architecture import Architecture
from gnas.config.problems import problems_of, shorten
from gnas.errors import ConfigError
from gnas.registry import did_you_mean
from gnas.space.domain import Fixed, Suggest
from gnas.space.slots import Draft, Slot, fill

ATTEMPTS = 1000


class Infeasible(Exception):
    """These values, each right by itself, make no architecture; the message says why.

    `params` holds them. A search records the proposal as skipped and goes on.
    """

    def __init__(self, reason: str, params: Mapping[str, Any]) -> None:
        self.params = dict(params)
        super().__init__(reason)


@dataclass(frozen=True)
class Check:
    """How many of `draws` random combinations an architecture refuses, and why."""

    draws: int
    refused: Mapping[str, int]

    @property
    def refused_share(self) -> float:
        """Share of refused combinations, 0 to 1."""
        return sum(self.refused.values()) / self.draws if self.draws else 0.0


def build(draft: Draft) -> Architecture:
    """The architecture of a draft. Raises `Infeasible`."""
    try:
        return Architecture.model_validate(draft.tree)
    except ValidationError as error:
        reasons = [problem.sentence for problem in problems_of(error, Architecture, draft.tree)]
        raise Infeasible("; ".join(reasons), draft.params) from None


def sample(slots: Sequence[Slot], suggest: Suggest) -> Architecture:
    """The architecture of the values that `suggest` gives. Raises `Infeasible`."""
    return build(fill(slots, lambda slot: _parameter(slot).suggest(slot.parameter, suggest)))


def replay(slots: Sequence[Slot], params: Mapping[str, Any]) -> Draft:
    """The draft of given values; parameters that do not exist under them are left out.

    Raises:
        ConfigError: a parameter is missing, unknown, or outside its range; all of them at once.
    """
    problems: list[str] = []

    def choose(slot: Slot) -> Any:
        if slot.parameter not in params:
            problems.append(f"parameter {slot.parameter} is missing; it is one of {slot.domain}")
        else:
            found = slot.domain.match(params[slot.parameter])
            if found:
                return found[0]
            value = shorten(params[slot.parameter])
            problems.append(f"parameter {slot.parameter} is {value}, which is not in its range: {slot.domain}")
        return _parameter(slot).ends()[0]

    draft = fill(slots, choose)
    known = {slot.parameter for slot in slots if not isinstance(slot.domain, Fixed)}
    problems += [f"unknown parameter {name!r} ({did_you_mean(name, known)})" for name in params if name not in known]
    if problems:
        raise ConfigError(problems)
    return draft


def draw(slots: Sequence[Slot], rng: np.random.Generator) -> Draft:
    """A random draft, which an architecture may still refuse."""
    return fill(slots, lambda slot: _parameter(slot).draw(rng))


def draw_valid(slots: Sequence[Slot], rng: np.random.Generator) -> Draft:
    """A random draft that makes an architecture.

    Raises:
        ConfigError: none did in 1000 attempts.
    """
    reason = ""
    for _ in range(ATTEMPTS):
        draft = draw(slots, rng)
        try:
            build(draft)
        except Infeasible as error:
            reason = str(error)
        else:
            return draft
    raise ConfigError(f"none of {ATTEMPTS} random combinations of this space makes an architecture; the last: {reason}")


def check(slots: Sequence[Slot], rng: np.random.Generator, draws: int) -> Check:
    """Draw at random and count what is refused, by reason."""
    refused: Counter[str] = Counter()
    for _ in range(draws):
        try:
            build(draw(slots, rng))
        except Infeasible as error:
            refused[str(error)] += 1
    return Check(draws, dict(refused.most_common()))


def _parameter(slot: Slot) -> Any:
    assert not isinstance(slot.domain, Fixed)
    return slot.domain
