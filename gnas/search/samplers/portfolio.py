"""The default sampler: a predictor that looks closely around the best, and TPE, which sees the whole space."""

from collections.abc import Iterator

from gnas.search.proposal import Proposal
from gnas.search.samplers.model_based import tpe
from gnas.search.samplers.predictor import STARTUP, predictor
from gnas.search.view import View

PERIOD = 4
"""Every fourth trial comes from TPE."""


def portfolio(view: View) -> Iterator[Proposal | None]:
    """After ten trials, anchors included, three of four from the predictor and the fourth from TPE.

    The predictor is ahead where candidates far apart have little in common, TPE where good values of single parameters
    are good everywhere.
    """
    return tpe(view) if view.number < STARTUP or view.number % PERIOD == PERIOD - 1 else predictor(view)
