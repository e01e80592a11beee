"""What the parts of a running search share."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gnas.config.architecture import Architecture
from gnas.config.run import SearchConfig
from gnas.rundir.layout import RunDirectory
from gnas.search.budget import Budget
from gnas.search.ledger import Ledger
from gnas.search.objectives import Objectives
from gnas.search.pruners import Pruner
from gnas.search.session import Session
from gnas.search.view import Sampler
from gnas.space.search_space import SearchSpace
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


@dataclass(frozen=True)
class Setup:
    """What a search is about.

    Attributes:
        train: makes the training of one candidate under a seed.
        first: architectures to train before any proposal, by a name for each: the best of earlier runs.
        ahead: the same, but even before the space's anchors: what a run was forked with, its tuned baselines.
        epochs: most epochs of every training, in place of the architecture's own; None: the architecture's own.
        confirm: makes the training of a candidate under a seed in a round of confirmation, on another draw of
            validation for each round; None: rounds differ by seed alone.
        keep: trials whose saved models stay whatever comes, since something that was written names them.
    """

    space: SearchSpace
    config: SearchConfig
    seed: int
    train: TrainingFactory
    first: Mapping[str, Architecture] = field(default_factory=dict)
    epochs: int | None = None
    ahead: Mapping[str, Architecture] = field(default_factory=dict)
    confirm: Callable[[Architecture, int, int], Training] | None = None
    keep: Sequence[int] = ()

    def ceiling(self, architecture: Architecture) -> int:
        """Most epochs that a training of `architecture` can take; one for a closed form."""
        return architecture.most_epochs(self.epochs)


@dataclass(frozen=True)
class Work:
    """A search under way."""

    setup: Setup
    run: RunDirectory
    objectives: Objectives
    sampler: Sampler
    pruner: Pruner
    ledger: Ledger
    budget: Budget
    session: Session
    stop: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
