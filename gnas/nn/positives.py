"""What is known of each user, for negatives that must not be among it: lookups on the device, without a host read."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gnas.graph.bipartite import Graph


@dataclass(frozen=True)
class Positives:
    """The train interactions in CSR order, items rising within a user.

    Shapes: `item_E` int64 [E]; `start_U` int64 [U + 1]; `count_U` int64 [U]; `key_E` = user · n_items + item, rising;
    `degree_I` int64 [I]; `offered_I` int64 [I], 0 for items that must not be negatives, else 1.
    """

    item_E: Tensor
    start_U: Tensor
    count_U: Tensor
    key_E: Tensor
    degree_I: Tensor
    offered_I: Tensor

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.count_U)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.degree_I)

    def contains(self, users_B: Tensor, item_BK: Tensor) -> Tensor:
        """Whether each of the items is known of its user: bool [B, K]."""
        key_BK = users_B.unsqueeze(1) * self.n_items + item_BK
        place_BK = torch.searchsorted(self.key_E, key_BK).clamp_(max=len(self.key_E) - 1)
        return self.key_E[place_BK] == key_BK

    def mask(self, users_R: Tensor, item_K: Tensor, n_known: int | None = None) -> Tensor:
        """Which of the K items, given once for all rows, are known of each user: bool [R, K].

        `n_known` is the number of items that the users have together, each counted as often as it stands in
        `users_R`; where it is not given, a GPU is waited for. Costs as many steps, not R · K lookups.
        """
        n_columns = len(item_K)
        column_K = torch.arange(n_columns, device=item_K.device)
        column_I = item_K.new_full((self.n_items,), n_columns)
        column_I.scatter_reduce_(0, item_K, column_K, "amin")
        row_P, item_P = expand(self.count_U[users_R], self.start_U[users_R], self.item_E, n_known)
        place_P = row_P * (n_columns + 1) + column_I[item_P]
        known = torch.zeros(len(users_R) * (n_columns + 1), dtype=torch.bool, device=item_K.device)
        known.index_fill_(0, place_P, True)
        return known.view(len(users_R), -1).index_select(1, column_I[item_K])


def positives(graph: Graph, offer_unseen: bool = True) -> Positives:
    """The interactions of a graph.

    Items without interactions may be negatives where `offer_unseen`. A candidate that reads items' features must not:
    nobody declined what was not there yet, and it would learn that new items are bad.
    """
    pattern = graph.user_item.pattern
    item_E = pattern.column.long()
    key_E = pattern.row * graph.n_items + item_E
    degree_I = torch.bincount(item_E, minlength=graph.n_items)
    offered_I = torch.ones_like(degree_I) if offer_unseen else (degree_I > 0).long()
    return Positives(item_E, pattern.start.long(), pattern.count, key_E, degree_I, offered_I)


def expand(count_R: Tensor, start_R: Tensor, value_E: Tensor, size: int | None = None) -> tuple[Tensor, Tensor]:
    """Rows of a CSR matrix one after the other: for every entry which of the asked rows it is in, and its value.

    `size` is the sum of `count_R`, if it is known on the host.
    """
    row_P = torch.repeat_interleave(count_R, output_size=size)
    shift_R = start_R - (count_R.cumsum(0) - count_R)
    return row_P, value_E[torch.arange(len(row_P), device=count_R.device) + shift_R[row_P]]
