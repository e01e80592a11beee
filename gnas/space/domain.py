"""The values that one parameter can have. A domain draws itself, spreads itself, and knows its neighbours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

Scalar = None | bool | int | float | str

NEAR = 0.1
"""Standard deviation of a step of a continuous parameter, as a share of its (logarithmic) range."""
MANY = 10
"""A grid takes all whole numbers of a range unless there are this many times as many as it has points."""


def same(left: object, right: object) -> bool:
    """Equality in which `true` is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


class Domain:
    """The members that a value can be; as written here, a handful of them without an order.

    The fields of a domain are what Optuna's `suggest_KIND` takes.
    """

    kind: ClassVar[Literal["int", "float", "categorical"]] = "categorical"

    def values(self) -> Sequence[Any] | None:
        """All members, or None where they cannot be counted."""
        raise NotImplementedError

    def distribution(self) -> tuple[str, dict[str, Any]]:
        """What a sampler of Optuna is told: the kind, and its settings."""
        return self.kind, dict(vars(self))

    def match(self, value: object) -> list[Any]:
        """The member that equals `value`, in a list; empty where there is none."""
        return [member for member in self.values() or () if same(member, value)]

    def draw(self, rng: np.random.Generator) -> Any:
        """A random member."""
        members = self.values() or ()
        return members[int(rng.integers(len(members)))]

    def at(self, share: float) -> Any:
        """The member at a share of the range, from 0 to below 1; all shares alike are a draw."""
        members = self.values() or ()
        return members[int(share * len(members))]

    def near(self, value: Any, rng: np.random.Generator) -> list[Any]:  # noqa: ARG002 - as other domains
        """The members next to `value`; without an order all others."""
        return [member for member in self.values() or () if not same(member, value)]

    def ends(self) -> Sequence[Any]:
        """The lowest and the highest member; without an order all of them."""
        return self.values() or ()

    def grid(self, points: int) -> Sequence[Any]:  # noqa: ARG002 - as other domains
        """All members, or `points` of them from end to end where there are too many."""
        return self.values() or ()


@dataclass(frozen=True)
class Categorical(Domain):
    """One of several names or values, without an order."""

    choices: tuple[Any, ...]

    def values(self) -> Sequence[Any]:
        """All members."""
        return self.choices

    def __str__(self) -> str:
        return ", ".join(str(choice) for choice in self.choices)


class Fixed(Categorical):
    """One choice alone, not a parameter: nobody is asked for it."""


@dataclass(frozen=True)
class _Numbers(Domain):
    low: Any
    high: Any

    def ends(self) -> list[Any]:
        """The lowest and the highest member."""
        return list(dict.fromkeys((self.low, self.high)))

    def _holds(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Integer(_Numbers):
    """Whole numbers low, low + step, …, high; `log`: each order of magnitude alike."""

    low: int
    high: int
    step: int = 1
    log: bool = False
    kind = "int"

    def values(self) -> range:
        """All members."""
        return range(self.low, self.high + 1, self.step)

    def match(self, value: Any) -> list[int]:
        """The member that equals `value`, in a list; empty where there is none."""
        within = self._holds(value) and (value - self.low) % self.step == 0
        return [int(value)] if within else []

    def draw(self, rng: np.random.Generator) -> int:
        """A random member."""
        if not self.log:
            return self.low + self.step * int(rng.integers((self.high - self.low) // self.step + 1))
        low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
        return min(max(round(math.exp(rng.uniform(low, high))), self.low), self.high)

    def at(self, share: float) -> int:
        """The member at a share of the range."""
        if not self.log:
            return int(super().at(share))
        low, high = np.log(self.low), np.log(self.high + 1)
        return min(self.high, int(np.exp(low + share * (high - low))))

    def near(self, value: int, rng: np.random.Generator) -> list[int]:  # noqa: ARG002 - as other domains
        """The members next to `value`; on a log scale half and twice of it too."""
        steps = [value - self.step, value + self.step]
        if self.log:
            steps += [max(value // 2, self.low), min(value * 2, self.high)]
        return [near for near in dict.fromkeys(steps) if self.low <= near <= self.high and near != value]

    def grid(self, points: int) -> Sequence[int]:
        """All members, or `points` of them from end to end where there are too many."""
        members = self.values()
        if len(members) <= MANY * points:
            return members
        if self.log:
            return [round(x) for x in np.geomspace(self.low, self.high, points)]
        return [members[round(x)] for x in np.linspace(0, len(members) - 1, points)]

    def __str__(self) -> str:
        step = f" in steps of {self.step}" if self.step != 1 else ""
        return f"whole numbers {self.low} to {self.high}{step}{' (log)' if self.log else ''}"


@dataclass(frozen=True)
class Stepped(_Numbers):
    """Numbers low, low + step, …, high."""

    low: float
    high: float
    step: float
    kind = "float"

    def values(self) -> list[float]:
        """All members."""
        n = round((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(n)] + [self.high]

    def match(self, value: Any) -> list[float]:
        """The member that equals `value` but for rounding, in a list; empty where there is none."""
        if not self._holds(value):
            return []
        return [member for member in self.values() if math.isclose(member, value, rel_tol=1e-9, abs_tol=1e-12)][:1]

    def near(self, value: float, rng: np.random.Generator) -> list[float]:  # noqa: ARG002 - as other domains
        """The members next to `value`."""
        members = self.values()
        index = min(range(len(members)), key=lambda i: abs(members[i] - value))
        return [members[i] for i in (index - 1, index + 1) if 0 <= i < len(members)]

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} in steps of {self.step:g}"


@dataclass(frozen=True)
class Real(_Numbers):
    """Numbers from low to high, both included; `log`: each order of magnitude alike."""

    low: float
    high: float
    log: bool = False
    kind = "float"

    def values(self) -> list[float] | None:
        """The only member where both ends are one, else None: they cannot be counted."""
        return [self.low] if self.low == self.high else None

    def match(self, value: Any) -> list[float]:
        """The value in a list; empty where it lies outside."""
        return [float(value)] if self._holds(value) else []

    def draw(self, rng: np.random.Generator) -> float:
        """A random member."""
        return self._from_unit(float(rng.random()))

    def at(self, share: float) -> float:
        """The member at a share of the range."""
        if self.log:
            low, high = np.log(self.low), np.log(self.high)
            return min(self.high, max(self.low, float(np.exp(low + share * (high - low)))))
        return self._from_unit(share)

    def near(self, value: float, rng: np.random.Generator) -> list[float]:
        """A member a little below and one a little above."""
        if self.low == self.high:
            return []
        unit = self._to_unit(value)
        steps = [-abs(rng.normal(0, NEAR)), abs(rng.normal(0, NEAR))]
        return [near for near in (self._from_unit(unit + step) for step in steps) if near != value]

    def grid(self, points: int) -> list[float]:
        """`points` numbers from end to end; the middle where it is one."""
        if self.low == self.high:
            return [self.low]
        spaced = (np.geomspace if self.log else np.linspace)(self.low, self.high, points).tolist()
        return [min(self.high, max(self.low, value)) for value in spaced]

    def _to_unit(self, value: float) -> float:
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def _from_unit(self, unit: float) -> float:
        unit = min(max(unit, 0.0), 1.0)
        if self.low == self.high:
            return self.low
        value = self.low * (self.high / self.low) ** unit if self.log else self.low + (self.high - self.low) * unit
        return min(max(value, self.low), self.high)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{' (log)' if self.log else ''}"
