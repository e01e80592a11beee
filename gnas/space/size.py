"""How many different candidates a space holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnas.config.architecture import identity
from gnas.space.domain import Fixed
from gnas.space.draw import Infeasible, build
from gnas.space.slots import Slot, drafts, fill

LIMIT = 200_000
"""So many combinations are counted one by one; above it, the number is estimated."""
PROBES = 4000


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


def count(slots: Sequence[Slot], rng: np.random.Generator, limit: int = LIMIT) -> Size:
    """Count a space; exactly where it holds at most `limit` combinations."""
    continuous = tuple(dict.fromkeys(slot.parameter for slot in slots if slot.domain.values() is None))
    seen: set[str] = set()
    combinations = 0
    if _estimate(slots, rng, PROBES // 10, valid_only=False) <= 10 * limit:
        for draft in drafts(slots, _members):
            combinations += 1
            if combinations > limit:
                break
            try:
                seen.add(identity(build(draft)))
            except Infeasible:
                continue
        else:
            return Size(combinations, len(seen), True, continuous)
    total = _estimate(slots, rng, PROBES, valid_only=False)
    accepted = _estimate(slots, rng, PROBES, valid_only=True)
    return Size(round(total), round(accepted), False, continuous)


def _members(slot: Slot) -> Sequence[Any]:
    return [slot.domain.value] if isinstance(slot.domain, Fixed) else slot.domain.sketch()


def _estimate(slots: Sequence[Slot], rng: np.random.Generator, probes: int, *, valid_only: bool) -> float:
    """The number of combinations by Knuth's method (1975): the mean product of choices over random descents."""
    total = 0.0
    for _ in range(probes):
        product = 1.0

        def choose(slot: Slot) -> Any:
            nonlocal product
            members = _members(slot)
            product *= len(members)
            return members[int(rng.integers(len(members)))]

        draft = fill(slots, choose)
        if valid_only:
            try:
                build(draft)
            except Infeasible:
                continue
        total += product
    return total / probes
