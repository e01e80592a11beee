"""From slots to candidates: asked of a sampler, replayed from parameters, or drawn at random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import ValidationError

from gnas.config.architecture import Architecture, Trained
from gnas.config.problems import problems_of, shorten
from gnas.errors import ConfigError
from gnas.registry import did_you_mean
from gnas.space.domain import Domain
from gnas.space.slots import Draft, Slot, fill

ATTEMPTS = 1000


class Infeasible(Exception):
    """These values, each right by itself, make no architecture; the message says why and `params` holds them."""

    def __init__(self, reason: str, params: Mapping[str, Any]) -> None:
        self.params = dict(params)
        super().__init__(reason)


@dataclass(frozen=True)
class Candidate:
    """A draft that makes an architecture."""

    draft: Draft
    architecture: Architecture

    @property
    def params(self) -> dict[str, Any]:
        """Values by the names that samplers use."""
        return self.draft.params

    @property
    def domains(self) -> dict[str, Domain]:
        """The domain of each of them."""
        return {slot.parameter: slot.domain for slot, _ in self.draft.filled if slot.searched}

    @cached_property
    def identity(self) -> str:
        """The hash of all that matters."""
        return self.architecture.identity


def build(draft: Draft) -> Candidate:
    """The candidate of a draft. Raises `Infeasible`."""
    try:
        return Candidate(draft, Architecture.model_validate(draft.tree))
    except ValidationError as error:
        reasons = [problem.sentence for problem in problems_of(error, Trained, draft.tree)]
        raise Infeasible("; ".join(reasons), draft.params) from None


def built(draft: Draft) -> Candidate | None:
    """The candidate of a draft, or None where it makes no architecture."""
    try:
        return Candidate(draft, Architecture.model_validate(draft.tree))
    except ValidationError:
        return None


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
        return slot.domain.ends()[0]

    draft = fill(slots, choose)
    known = {slot.parameter for slot in slots if slot.searched}
    problems += [f"unknown parameter {name!r} ({did_you_mean(name, known)})" for name in params if name not in known]
    if problems:
        raise ConfigError(problems)
    return draft


def drawn(slots: Sequence[Slot], rng: np.random.Generator) -> Draft:
    """A random draft, which an architecture may still refuse."""
    return fill(slots, lambda slot: slot.domain.draw(rng))


def draw(slots: Sequence[Slot], rng: np.random.Generator) -> Candidate:
    """A random candidate.

    Raises:
        ConfigError: no architecture came of 1000 attempts.
    """
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            return build(drawn(slots, rng))
        except Infeasible as error:
            reason = str(error)
    raise ConfigError(f"none of {ATTEMPTS} random combinations of this space makes an architecture; the last: {reason}")
