"""What a search needs from its caller: trainings of candidates."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from gnas.config.architecture import Architecture


class Epoch(Protocol):
    """One epoch of training, as `gnas.train.loop` yields it."""

    @property
    def index(self) -> int:
        """From 1."""
        ...

    @property
    def loss(self) -> float:
        """Mean over the epoch's steps; not a number where nothing is minimised."""
        ...

    @property
    def metrics(self) -> Mapping[str, float]:
        """Validation metrics after this epoch."""
        ...

    @property
    def is_best(self) -> bool:
        """Whether this epoch is the best so far."""
        ...


class Training(Protocol):
    """One training of one candidate."""

    def epochs(self, halt: Callable[[], bool]) -> Iterator[Epoch]:
        """Train, one epoch at a time. `halt` is asked between steps: the epoch ends where it says yes, the last one."""
        ...

    def measured(self) -> Mapping[str, float]:
        """The best epoch's metrics, measured more closely than every epoch was; empty where they were not."""
        ...

    def save(self, path: Path) -> None:
        """Write the best epoch's model."""
        ...

    def costs(self) -> Mapping[str, float]:
        """`parameters`, `peak_mib`, `latency_ms`, `train_s` as they are now; may be called between epochs."""
        ...


TrainingFactory = Callable[[Architecture, int], Training]
"""A training of the architecture under a seed."""
