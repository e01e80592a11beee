"""What a sampler sees: the history and the number of the trial, nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnas.rng import derive_seed, numpy_rng
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome, ranked
from gnas.search.proposal import Proposal
from gnas.space.search_space import Candidate, SearchSpace

DRAWS = 50
"""Random draws until one is of the family that is wanted."""


@dataclass(frozen=True)
class View:
    """The state of a search before trial `number`. Proposals are pure functions of it, hence a search can be resumed.

    Attributes:
        outcomes: in the order of their numbers; running ones are those of other workers.
        trials: the budget of trials, if there is one.
        time_share: of the time for trials that is spent; 0 where there is no limit.
        timed: whether time alone ends the search, so that seconds are what a trial costs; else a trial is a trial.
        family: of which candidates are wanted; None: of any.
    """

    space: SearchSpace
    outcomes: tuple[Outcome, ...]
    objectives: Objectives
    number: int
    seed: int
    trials: int | None = None
    time_share: float = 0.0
    timed: bool = False
    family: str | None = None

    def seed_of(self, attempt: int) -> int:
        """The seed of the sampler's `attempt`-th proposal for this trial."""
        return derive_seed(self.seed, "sampler", self.number, attempt)

    def rng(self, attempt: int) -> np.random.Generator:
        """A NumPy generator for the same."""
        return numpy_rng(self.seed_of(attempt))

    def wants(self, candidate: Candidate) -> bool:
        """Whether the candidate is of the family that is wanted."""
        return self.family is None or candidate.architecture.family == self.family

    def draw(self, attempt: int) -> Candidate:
        """A random candidate of the family that is wanted; of another where `DRAWS` draws bring none."""
        rng = self.rng(attempt)
        for _ in range(DRAWS):
            candidate = self.space.draw(rng)
            if self.wants(candidate):
                break
        return candidate

    def best(self, count: int) -> list[Outcome]:
        """The `count` best complete trials of the family that is wanted."""
        order = ranked(self.outcomes, self.objectives)
        return [one for one in order if self.family in (None, one.architecture.family)][:count]

    @property
    def n_learned(self) -> int:
        """Trials from which something was learned: the complete and the pruned ones."""
        return sum(outcome.state in ("complete", "pruned") for outcome in self.outcomes)

    def known(self, candidate: Candidate) -> Outcome | None:
        """The trial that has this candidate already."""
        return self._tried.get(candidate.identity)

    @cached_property
    def _tried(self) -> dict[str, Outcome]:
        return {outcome.identity: outcome for outcome in reversed(self.outcomes)}


Sampler = Callable[[View], Iterator[Proposal | None]]
"""Proposals for one trial, the most wanted first. The caller takes the first that is new and asks no further; None is a
draw that makes no valid architecture. An iterator that ends has no more ideas."""
