"""The default: a model of the space first, then a closer look at the best."""

from collections.abc import Iterator

from gnas.search.proposal import Proposal
from gnas.search.strategies.local import neighbours
from gnas.search.strategies.model_based import tpe
from gnas.search.view import SAMPLERS, View

MODEL_SHARE = 0.65
"""Share of the budget, anchors included, after which the best few are varied."""


@SAMPLERS.register("portfolio")
def portfolio(view: View) -> Iterator[Proposal | None]:
    """TPE for about two thirds of the budget, then local search from the three best.

    TPE finds the region, local search the best within it: better together than either alone on NAS-Bench-Graph.
    """
    return neighbours(view) if view.share >= MODEL_SHARE and view.best(1) else tpe(view)
