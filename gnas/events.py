"""What long work tells while it runs. Such functions are generators: they yield events and return the result."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Phase:
    """A stage began; the stage before it is over. `total` parts are to come, where they can be counted."""

    name: str
    total: int | None = None


@dataclass(frozen=True)
class Part:
    """One of the parts of the present phase is done."""

    name: str
    value: float | None = None
    wall_s: float = 0.0


@dataclass(frozen=True)
class Note:
    """Something the reader should know, and that is not an error."""

    text: str


Work = Generator[object, None, T]
"""Events on the way, the result at the end: `result = yield from work`."""


def finish(work: Work[T]) -> T:
    """Run `work` to its end without looking at the events."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
