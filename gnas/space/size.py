"""The number of different candidates in a space, and of combinations that an architecture refuses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnas.space.candidate import Infeasible, build, built, drawn
from gnas.space.slots import Slot, drafts, fill

LIMIT = 50_000
"""Up to this many combinations are counted one by one, which takes seconds; above, their number is estimated."""
PROBES = 4000
"""Random descents for an estimate."""


@dataclass(frozen=True)
class Size:
    """The number of candidates of a space, continuous parameters left out of the count.

    `distinct` counts architectures that differ in something that matters; combinations that an architecture refuses
    are not counted. Not `exact`: an estimate of the number of accepted combinations, which is at least as large.
    """

    combinations: int
    distinct: int
    exact: bool
    continuous: tuple[str, ...]

    def __str__(self) -> str:
        if self.exact:
            words = f"{self.distinct:,} distinct architectures ({self.combinations:,} combinations)"
        else:
            words = f"at most about {self.distinct:.1e} architectures, estimated from {PROBES:,} draws"
        if self.continuous:
            words += f"; times continuous parameters: {', '.join(self.continuous)}"
        return words


@dataclass(frozen=True)
class Check:
    """How many of `draws` random combinations an architecture refuses, and why."""

    draws: int
    refused: Mapping[str, int]

    @property
    def refused_share(self) -> float:
        """Share of refused combinations, 0 to 1."""
        return sum(self.refused.values()) / self.draws if self.draws else 0.0


def count(slots: Sequence[Slot], rng: np.random.Generator, limit: int = LIMIT) -> Size:
    """Count a space; exactly where it holds at most `limit` combinations."""
    continuous = tuple(dict.fromkeys(slot.parameter for slot in slots if slot.domain.values() is None))
    if _estimate(slots, rng, PROBES // 10, valid_only=False) <= 10 * limit:
        seen: set[str] = set()
        combinations = 0
        for combinations, draft in enumerate(drafts(slots, _counted), 1):
            if combinations > limit:
                break
            candidate = built(draft)
            if candidate is not None:
                seen.add(candidate.identity)
        else:
            return Size(combinations, len(seen), True, continuous)
    total = _estimate(slots, rng, PROBES, valid_only=False)
    accepted = _estimate(slots, rng, PROBES, valid_only=True)
    return Size(round(total), round(accepted), False, continuous)


def check(slots: Sequence[Slot], rng: np.random.Generator, draws: int) -> Check:
    """Draw at random and count what is refused, by reason."""
    refused: Counter[str] = Counter()
    for _ in range(draws):
        try:
            build(drawn(slots, rng))
        except Infeasible as error:
            refused[str(error)] += 1
    return Check(draws, dict(refused.most_common()))


def _counted(slot: Slot) -> Sequence[Any]:
    """All members; the middle of what cannot be counted."""
    members = slot.domain.values()
    return [slot.domain.at(0.5)] if members is None else members


def _estimate(slots: Sequence[Slot], rng: np.random.Generator, probes: int, *, valid_only: bool) -> float:
    """The number of combinations by Knuth's method (1975): the mean product of choices over random descents."""
    total = 0.0
    for _ in range(probes):
        product = 1.0

        def choose(slot: Slot) -> Any:
            nonlocal product
            members = _counted(slot)
            product *= len(members)
            return members[int(rng.integers(len(members)))]

        draft = fill(slots, choose)
        if not valid_only or built(draft):
            total += product
    return total / probes
