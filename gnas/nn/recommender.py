"""The interface of everything that ranks: trained candidates, closed forms, baselines."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch

from gnas.config.architecture import ClosedForm
from gnas.config.propagation import Propagation
from gnas.graph.bipartite import Graph


@runtime_checkable
class Recommender(Protocol):
    """Scores items for users. Seen items are masked by the caller, never here."""

    n_users: int
    n_items: int

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items.

        Args:
            users: int64 [B] on the recommender's device.

        Returns:
            float32 [B, n_items]; higher is better. For rating prediction, the predicted ratings. The caller may
            write into it: a matrix that is kept must be returned as a copy.
        """
        ...


class Solved:
    """A recommender that is no more than a function of users: what is solved instead of trained.

    Args:
        graph: of the train interactions.
        score_of: from users int64 [B] to scores float32 [B, I].
        spec: the closed form that it is; None: it is no candidate.
        n_parameters: number of learned weights.
    """

    def __init__(
        self,
        graph: Graph,
        score_of: Callable[[torch.Tensor], torch.Tensor],
        spec: Propagation | None = None,
        n_parameters: int = 0,
    ) -> None:
        self.architecture = None if spec is None else ClosedForm(propagation=spec)
        self.n_users, self.n_items, self.n_parameters = graph.n_users, graph.n_items, n_parameters
        self._score_of = score_of

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        return self._score_of(users)
