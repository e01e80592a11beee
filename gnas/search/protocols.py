"""What a search needs from its caller: trainings of candidates."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from gnas.config.architecture import Architecture
from gnas.train.loop import Epoch


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
