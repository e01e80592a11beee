"""The interface of everything that ranks: trained candidates, closed forms, baselines."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch

from gnas.config.architecture import ClosedForm
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


def is_approximated(recommender: Recommender) -> bool:
    """Whether its scores are only near those of what it stands for."""
    return bool(getattr(recommender, "approximated", False))


class Scored:
    """A recommender that is no more than a function from users to scores.

    Args:
        of: the graph or the recommender whose users and items they are.
        score_of: from users int64 [B] to scores float32 [B, I].
        architecture: the closed form that it is; None: it is no candidate.
        n_parameters: number of learned weights.
        features_fingerprint: of the features that it reads, if it does.
        approximated: the scores are near those of the architecture, which would cost too much here.
    """

    def __init__(
        self,
        of: Graph | Recommender,
        score_of: Callable[[torch.Tensor], torch.Tensor],
        architecture: ClosedForm | None = None,
        n_parameters: int = 0,
        features_fingerprint: str = "",
        *,
        approximated: bool = False,
    ) -> None:
        self.n_users, self.n_items, self._score_of = of.n_users, of.n_items, score_of
        self.approximated = approximated
        self.architecture, self.n_parameters = architecture, n_parameters
        self.features_fingerprint = features_fingerprint

    @torch.no_grad()
    def score(self, users: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users`: float32 [B, I]."""
        return self._score_of(users)
