"""The ranked lists of all evaluated users, as formulas need them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TrainPairs:
    """The distinct train interactions: `user_E`, `item_E` int64 [E]."""

    user_E: "Tensor"
    item_E: "Tensor"
    n_users: int
    n_items: int

    @cached_property
    def degree_I(self) -> "Tensor":
        """Train interactions of each item: int64 [I]."""
        return self.item_E.bincount(minlength=self.n_items)


@dataclass(frozen=True)
class Lists:
    """The first K items of every evaluated user.

    Attributes:
        item_UK: int64 [U, K], best first; −1 where a user has fewer than K unseen items.
        hit_UK: bool [U, K], whether the item is among the user's held-out ones.
        n_target_U: int64 [U], number of held-out items, at least 1.
        train: what popularity and likeness are counted on.
        memory_mib: bound on what a formula makes on the way.
    """

    item_UK: "Tensor"
    hit_UK: "Tensor"
    n_target_U: "Tensor"
    train: TrainPairs
    memory_mib: int = 512
    _tops: "dict[int, Lists]" = field(default_factory=dict, repr=False)

    def top(self, k: int) -> "Lists":
        """The first `k` items alone."""
        if k not in self._tops:
            self._tops[k] = replace(self, item_UK=self.item_UK[:, :k], hit_UK=self.hit_UK[:, :k], _tops={})
        return self._tops[k]

    @property
    def k(self) -> int:
        """Length of the lists."""
        return self.item_UK.shape[1]

    @cached_property
    def gain_UK(self) -> "Tensor":
        """1 where an item is a hit, else 0: float64."""
        return self.hit_UK.double()

    @cached_property
    def rank_K(self) -> "Tensor":
        """1, 2, …, K: float64."""
        return self.gain_UK.new_ones(self.k).cumsum(0)

    @cached_property
    def found_UK(self) -> "Tensor":
        """Hits up to each rank: float64."""
        return self.gain_UK.cumsum(1)

    @cached_property
    def count_I(self) -> "Tensor":
        """In how many lists each item of the catalogue stands: int64 [I]."""
        return (self.item_UK.flatten() + 1).bincount(minlength=self.train.n_items + 1)[1:]

    def mean(self, value_I: "Tensor") -> "Tensor":
        """Mean of a figure of items over each list: float64 [U]; NaN for an empty one."""
        empty_UK = self.item_UK < 0
        total_U = value_I.double()[self.item_UK.clamp(min=0)].masked_fill_(empty_UK, 0.0).sum(1)
        return total_U / (self.k - empty_UK.sum(1))
