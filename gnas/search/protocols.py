"""What the search needs from outside: a space to sample, and trainings of candidates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gnas.config.architecture import Architecture
from gnas.space.domain import Suggest
from gnas.space.search_space import Constraint

Params = Mapping[str, Any]
"""Parameter names and values as Optuna stores them: None, bool, int, float or str."""


class Space(Protocol):
    """Where candidates come from."""

    @property
    def anchors(self) -> Mapping[str, Architecture]:
        """Known designs, by name."""
        ...

    @property
    def constraints(self) -> Sequence[Constraint]:
        """Bounds that the winner must keep."""
        ...

    def sample(self, suggest: Suggest) -> Architecture:
        """The architecture that `suggest` answers describe. Raises `Infeasible`."""
        ...

    def random(self, rng: np.random.Generator) -> dict[str, Any]:
        """Parameters of a randomly drawn candidate."""
        ...

    def mutate(self, params: Params, rng: np.random.Generator) -> dict[str, Any]:
        """Parameters of a neighbour. Raises `ConfigError` where there is none."""
        ...

    def params_of(self, architecture: Architecture) -> dict[str, Any] | None:
        """The parameters that give `architecture`, or None where it lies outside the space."""
        ...

    def why_not(self, architecture: Architecture) -> str:
        """Why `architecture` lies outside the space."""
        ...


class Epoch(Protocol):
    """One epoch of training, as `gnas.train.loop` yields it."""

    @property
    def index(self) -> int:
        """From 1."""
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
