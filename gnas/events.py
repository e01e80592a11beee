"""Events of long work. Such work is a generator: it yields events and returns its result."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Begun:
    """Work on a run began.

    Attributes:
        metric: what the figures that follow are.
        new: whether the directory was made for it.
        resumed: whether it is a search that goes on.
        trials, timeout_s: the budget of a search.
    """

    run: Path
    metric: str
    new: bool = False
    resumed: bool = False
    trials: int | None = None
    timeout_s: float | None = None


@dataclass(frozen=True)
class Reading:
    """So much of something is read or downloaded, of `total` where that is known."""

    name: str
    done: int
    total: int | None


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


OnEvent = Callable[[object], None]
Tick = Callable[[str, int, int | None], None]
"""Called with the fields of `Reading`."""


def no_tick(name: str, done: int, total: int | None) -> None:
    """Tell nobody."""
    del name, done, total


def tick_of(on_event: OnEvent | None) -> Tick:
    """What reading calls, so that `on_event` hears of it."""
    return no_tick if on_event is None else lambda name, done, total: on_event(Reading(name, done, total))


def finish(work: Work[T], on_event: OnEvent | None = None) -> T:
    """Run `work` to its end; `on_event` gets every event. Where it raises, the work is ended at once."""
    with closing(work):
        while True:
            try:
                event = next(work)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            if on_event is not None:
                on_event(event)
