"""The known items of each user, which negatives must not be among. Lookups stay on the device."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gnas.graph.bipartite import Graph
from gnas.graph.pattern import Pattern


@dataclass(frozen=True)
class Positives:
    """`taken` [U, I]: the train interactions.

    Shapes: `degree_I` int64 [I]; `offered_I` int64 [I], 0 for items that must not be negatives, else 1.
    """

    taken: Pattern
    degree_I: Tensor
    offered_I: Tensor

    @property
    def n_users(self) -> int:
        """Number of users."""
        return self.taken.shape[0]

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.taken.shape[1]


def positives(graph: Graph, offer_unseen: bool = True) -> Positives:
    """The interactions of a graph.

    Items without interactions may be negatives where `offer_unseen`. A candidate that reads items' features must not:
    nobody declined what was not there yet, and it would learn that new items are bad.
    """
    taken = graph.user_item.pattern
    degree_I = torch.bincount(taken.column, minlength=graph.n_items)
    return Positives(taken, degree_I, torch.ones_like(degree_I) if offer_unseen else (degree_I > 0).long())
