"""The interface of all baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gnas.config.propagation import Propagation
from gnas.graph.bipartite import Graph
from gnas.nn.recommender import Recommender

Settings = dict[str, Any]


@dataclass(frozen=True)
class Baseline:
    """`fit(graph, **settings)` makes the recommender; `grid` is tried in its order, the defaults first.

    `predicts_ratings`: scores are ratings, for the objectives rmse and mae; otherwise they only rank.
    """

    fit: Callable[..., Recommender]
    grid: Sequence[Settings]
    predicts_ratings: bool = False
    candidate: Callable[..., Propagation] | None = None
    """Called as `candidate(**settings)`: the closed form of the search that is the same recommender, where one is."""


def solved(candidate: Callable[..., Propagation], grid: Sequence[Settings]) -> Baseline:
    """The baseline that is the closed form `candidate(**settings)` of the search."""

    def fit(graph: Graph, **settings: Any) -> Recommender:
        recommender: Recommender = candidate(**settings).build(graph)
        return recommender

    return Baseline(fit, grid, candidate=candidate)
