"""The default sampler: a family by how the families are doing, then a candidate of it from the predictor or TPE."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from gnas.search.families import next_family
from gnas.search.proposal import Proposal
from gnas.search.samplers.model_based import tpe
from gnas.search.samplers.predictor import STARTUP, predictor
from gnas.search.view import View

PERIOD = 4
"""Every fourth trial comes from TPE."""
PREDICTIONS = 20
"""How many of the predictor's are asked for before another family may have its turn."""
TPE_ATTEMPTS = 20
"""TPE is not told the family: what it proposes of others is passed over."""


def portfolio(view: View) -> Iterator[Proposal | None]:
    """After ten trials, anchors included, three of four from the predictor and the fourth from TPE.

    The predictor is ahead where candidates far apart have little in common, TPE where good values of single parameters
    are good everywhere. From then on the family is chosen first; another where it holds nothing new.
    """
    if view.number < STARTUP:
        yield from tpe(view)
    wanted = replace(view, family=next_family(view))
    if view.number % PERIOD == PERIOD - 1:
        yield from islice(tpe(wanted), TPE_ATTEMPTS)
    yield from islice(predictor(wanted), PREDICTIONS)
    yield from predictor(view)
