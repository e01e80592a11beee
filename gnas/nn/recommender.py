"""The interface of everything that ranks: trained candidates, closed forms, baselines."""

from typing import Protocol, runtime_checkable

import torch


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
