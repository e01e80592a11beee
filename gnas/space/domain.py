"""What one parameter of a search space can be. A domain suggests itself, draws itself, knows its neighbours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Scalar = None | bool | int | float | str

NEAR = 0.1
"""Standard deviation of a step of a continuous parameter, as a share of its (logarithmic) range."""


class Suggest(Protocol):
    """Whoever chooses values, one parameter at a time: a sampler, a replay, a random generator."""

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """A whole number of low, low + step, …, high."""
        ...

    def real(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float:
        """A number in [low, high], both ends included."""
        ...

    def categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of `choices`."""
        ...


def same(left: object, right: object) -> bool:
    """Equality in which `true` is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


@dataclass(frozen=True)
class Fixed:
    """One value, not a parameter."""

    value: Any

    def match(self, value: object) -> list[Any]:
        """The member that equals `value`, in a list; empty where there is none."""
        return [self.value] if same(self.value, value) else []

    def values(self) -> list[Any]:
        """All members."""
        return [self.value]


@dataclass(frozen=True)
class Integer:
    """Whole numbers low, low + step, …, high; `log`: each order of magnitude alike."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    def suggest(self, name: str, suggest: Suggest) -> int:
        """Let `suggest` choose."""
        return suggest.integer(name, self.low, self.high, step=self.step, log=self.log)

    def match(self, value: object) -> list[int]:
        """The member that equals `value`, in a list; empty where there is none."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return []
        return [int(value)] if (value - self.low) % self.step == 0 else []

    def draw(self, rng: np.random.Generator) -> int:
        """A random member."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return min(max(round(math.exp(rng.uniform(low, high))), self.low), self.high)
        return self.low + self.step * int(rng.integers((self.high - self.low) // self.step + 1))

    def near(self, value: int, rng: np.random.Generator) -> list[int]:  # noqa: ARG002 - as the other domains
        """The members next to `value`; on a log scale half and twice of it too."""
        steps = [value - self.step, value + self.step]
        if self.log:
            steps += [max(value // 2, self.low), min(value * 2, self.high)]
        return [near for near in dict.fromkeys(steps) if self.low <= near <= self.high and near != value]

    def values(self) -> list[int]:
        """All members."""
        return list(range(self.low, self.high + 1, self.step))

    def ends(self) -> list[int]:
        """The lowest and the highest member."""
        return list(dict.fromkeys((self.low, self.high)))

    def sketch(self) -> list[int]:
        """All members, for counting."""
        return self.values()

    def __str__(self) -> str:
        step = f" in steps of {self.step}" if self.step != 1 else ""
        return f"whole numbers {self.low} to {self.high}{step}{' (log)' if self.log else ''}"


@dataclass(frozen=True)
class Real:
    """Numbers from low to high, both included; with `step` only low, low + step and so on."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    def suggest(self, name: str, suggest: Suggest) -> float:
        """Let `suggest` choose."""
        return suggest.real(name, self.low, self.high, step=self.step, log=self.log)

    def match(self, value: object) -> list[float]:
        """The member that equals `value`, in a list; empty where there is none."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return []
        if self.step is None:
            return [float(value)]
        return [member for member in self._grid() if math.isclose(member, value, rel_tol=1e-9, abs_tol=1e-12)][:1]

    def draw(self, rng: np.random.Generator) -> float:
        """A random member."""
        if self.step is not None:
            grid = self._grid()
            return grid[int(rng.integers(len(grid)))]
        return self._from_unit(float(rng.random()))

    def near(self, value: float, rng: np.random.Generator) -> list[float]:
        """A member a little below and one a little above."""
        if self.step is not None:
            grid = self._grid()
            index = min(range(len(grid)), key=lambda i: abs(grid[i] - value))
            return [grid[i] for i in (index - 1, index + 1) if 0 <= i < len(grid)]
        if self.low == self.high:
            return []
        unit = self._to_unit(value)
        steps = [-abs(rng.normal(0, NEAR)), abs(rng.normal(0, NEAR))]
        return [near for near in (self._from_unit(unit + step) for step in steps) if near != value]

    def values(self) -> list[float] | None:
        """All members, or None where they cannot be counted."""
        if self.step is not None:
            return self._grid()
        return [self.low] if self.low == self.high else None

    def ends(self) -> list[float]:
        """The lowest and the highest member."""
        return list(dict.fromkeys((self.low, self.high)))

    def sketch(self) -> list[float]:
        """All members, for counting; the middle where they cannot be counted."""
        return self.values() or [self._from_unit(0.5)]

    def _grid(self) -> list[float]:
        assert self.step is not None
        n = round((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(n)] + [self.high]

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
        step = f" in steps of {self.step:g}" if self.step is not None else ""
        return f"{self.low:g} to {self.high:g}{step}{' (log)' if self.log else ''}"


@dataclass(frozen=True)
class Categorical:
    """One of several names or values, without an order."""

    options: tuple[Scalar, ...]

    def suggest(self, name: str, suggest: Suggest) -> Scalar:
        """Let `suggest` choose."""
        value: Scalar = suggest.categorical(name, self.options)
        return value

    def match(self, value: object) -> list[Scalar]:
        """The member that equals `value`, in a list; empty where there is none."""
        return [option for option in self.options if same(option, value)]

    def draw(self, rng: np.random.Generator) -> Scalar:
        """A random member."""
        return self.options[int(rng.integers(len(self.options)))]

    def near(self, value: Scalar, rng: np.random.Generator) -> list[Scalar]:  # noqa: ARG002 - as the other domains
        """All other members."""
        return [option for option in self.options if not same(option, value)]

    def values(self) -> list[Scalar]:
        """All members."""
        return list(self.options)

    def ends(self) -> list[Scalar]:
        """All members: none lies between two others."""
        return list(self.options)

    def sketch(self) -> list[Scalar]:
        """All members, for counting."""
        return list(self.options)

    def __str__(self) -> str:
        return ", ".join(str(option) for option in self.options)


Parameter = Integer | Real | Categorical
Domain = Parameter | Fixed
