"""What a loss gets, the positives of a step, and what it gives, the value to minimise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gnas.nn.model import Candidate


@dataclass(frozen=True)
class Batch:
    """The positives of one step, in random order; or all interactions of the graph in its own order (`full`).

    Shapes: `users_B`, `items_B` int64 [B]; `rating_B` float32 [B] or None. `n_known` is the number of train items of
    `users_B` together, each user counted as often as it stands there. `kept_E` float32 [E], where a share of the
    interactions is hidden: 0 for those, and what the others count in the propagation.
    """

    users_B: Tensor
    items_B: Tensor
    rating_B: Tensor | None
    n_known: int
    full: bool
    kept_E: Tensor | None = None


class LossValue(NamedTuple):
    """The loss of a step, and the items [any shape] that stood in it beside the positives, if any."""

    loss: Tensor
    negatives: Tensor | None = None


StepLoss = Callable[[Candidate, Tensor, Tensor, Batch, torch.Generator], LossValue]
"""The loss of one step of a model, from the propagated embeddings user_UD and item_ID; draws from the generator."""
