"""Candidates that owe nothing to the history: at random, spread evenly, or all in turn."""

import warnings
from collections.abc import Iterator
from itertools import count, cycle

import numpy as np
from scipy.stats import qmc as scipy_qmc

from gnas.rng import derive_seed
from gnas.search.proposal import Proposal
from gnas.search.view import View
from gnas.space.search_space import Candidate, Infeasible, SearchSpace

POINTS = 5
"""Values taken of a continuous range, and of an integer range with more values than that many times ten."""
DIMENSIONS = 64
"""More parameters than a space asks one candidate for; the n-th that is asked for takes the n-th coordinate."""


def uniform(view: View) -> Iterator[Proposal | None]:
    """Independent draws: the yardstick for all others."""
    for attempt in count():
        yield Proposal(view.draw(attempt), "random")


def grid(view: View) -> Iterator[Proposal | None]:
    """Every combination in the order of the space; continuous ranges at five values. Ends when all were proposed."""
    for candidate in view.space.grid(POINTS):
        if view.known(candidate) is None:
            yield Proposal(candidate, "grid")


def qmc(view: View) -> Iterator[Proposal | None]:
    """Scrambled Sobol points, each asked parameter in turn taking one coordinate."""
    engine = scipy_qmc.Sobol(DIMENSIONS, rng=np.random.default_rng(derive_seed(view.seed, "sobol")))
    used = sum(1 + outcome.duplicates for outcome in view.outcomes)
    if used:
        engine.fast_forward(used)
    for _ in count():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # scipy would like powers of two
            point = engine.random(1)[0].tolist()
        try:
            yield Proposal(_at(view.space, point), "qmc")
        except Infeasible:
            yield None


def _at(space: SearchSpace, point: list[float]) -> Candidate:
    shares = cycle(point)
    return space.ask(lambda slot: slot.domain.at(next(shares)))
