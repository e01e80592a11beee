"""The interface of all baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnas.config.propagation import Propagation
from gnas.graph.bipartite import Graph
from gnas.nn.recommender import Recommender

Settings = dict[str, Any]
Move = Callable[[Settings, np.random.Generator], Settings]
"""A setting near another one."""


@dataclass(frozen=True)
class Baseline:
    """`fit(graph, **settings)` makes the recommender; `grid` is tried in its order, the defaults first.

    `moves` settings more are tried after it, each a `move` from the best so far.
    `predicts_ratings`: scores are ratings, for the objectives rmse and mae; otherwise they only rank.
    """

    fit: Callable[..., Recommender]
    grid: Sequence[Settings]
    predicts_ratings: bool = False
    candidate: Callable[..., Propagation] | None = None
    """Called as `candidate(**settings)`: the closed form of the search that is the same recommender, where one is."""
    move: Move | None = None
    moves: int = 0

    @property
    def most(self) -> int:
        """Settings that are tried where there is time for all."""
        return len(self.grid) + self.moves


def solved(
    candidate: Callable[..., Propagation], grid: Sequence[Settings], move: Move | None = None, moves: int = 0
) -> Baseline:
    """The baseline that is the closed form `candidate(**settings)` of the search."""

    def fit(graph: Graph, **settings: Any) -> Recommender:
        recommender: Recommender = candidate(**settings).build(graph)
        return recommender

    return Baseline(fit, grid, candidate=candidate, move=move, moves=moves)
