"""From scores to lists: seen items are left out, blocks of users keep within a bound of memory."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gnas.data.interactions import Interactions
from gnas.evaluate.top import TieBreaker, best_items
from gnas.graph.pattern import Pattern
from gnas.nn.recommender import Recommender

CPU_BLOCK_MIB = 30
"""On the CPU, larger blocks come fresh from the kernel, and touching their pages costs more than the product."""
CPU_ROWS = 32
"""Unless they would have fewer users than this: every block reads the embeddings of all items."""


def items_of(users: np.ndarray, parts: Sequence[Interactions], n_items: int, device: torch.device) -> Pattern:
    """The distinct items that each of the distinct `users` has in any of `parts`: [R, I], row r of `users[r]`."""
    n_users = max([int(users.max(initial=-1)) + 1, *(part.n_users for part in parts)])
    row_of_U = np.full(n_users, -1, dtype=np.int64)
    row_of_U[users] = np.arange(len(users))
    keys = []
    for part in parts:
        row_E = row_of_U[part.user]
        keys.append((row_E * n_items + part.item)[row_E >= 0])
    key_E = np.unique(np.concatenate([np.empty(0, np.int64), *keys]))
    start = np.searchsorted(key_E, np.arange(len(users) + 1) * n_items)
    item_E = torch.from_numpy(key_E % max(n_items, 1)).to(device)
    return Pattern(torch.from_numpy(start).to(device), item_E, (len(users), n_items))


def block_rows(n_items: int, device: torch.device, memory_mib: int) -> int:
    """Users a block, so that their scores take half of the bound and the search for the best the other half at most."""
    row_mib = 4 * max(n_items, 1) / 2**20
    bound_mib = memory_mib / 2
    if device.type == "cpu":
        bound_mib = min(bound_mib, max(CPU_BLOCK_MIB, CPU_ROWS * row_mib))
    return max(1, int(bound_mib / row_mib))


@dataclass(frozen=True)
class Block:
    """Some rows of a ranking, best first.

    Attributes:
        rows: which of the ranked users they are.
        item_BK: int64 [B, K], −1 where a row has fewer than K items to rank.
        value_BK: their scores float32 [B, K], −inf there.
        score_BI: the scores of all items float32 [B, I], −inf at those that are not ranked.
    """

    rows: slice
    item_BK: Tensor
    value_BK: Tensor
    score_BI: Tensor


class Ranker:
    """The only way from scores to lists: whatever is measured or shown is ranked here.

    Args:
        users: distinct numbers, int64 [R].
        seen: interactions whose items are not ranked for their user.
        ties: an order of all items for each of `users`.
        memory_mib: bound on a block of scores and what is computed from it.
    """

    def __init__(
        self, users: np.ndarray, seen: Sequence[Interactions], ties: TieBreaker, memory_mib: int = 512
    ) -> None:
        self.ties, self.memory_mib, self.device = ties, memory_mib, ties.item_I.device
        self.n_items = len(ties.item_I)
        self.users_R = torch.from_numpy(users).to(self.device)
        self.seen = items_of(users, seen, self.n_items, self.device)
        self.start = self.seen.start.tolist()
        self.left_out_I: Tensor | None = None

    def among(self, items: np.ndarray) -> "Ranker":
        """The same, with no items ranked but these, int64."""
        other = copy(self)
        other.left_out_I = torch.isin(self.ties.item_I, torch.from_numpy(items).to(self.device), invert=True)
        return other

    def blocks(self, recommender: Recommender, k: int, at_once: int = 1) -> Iterator[Block]:
        """The `k` best unseen items of all users, a block of users at a time.

        `at_once` rankings share the memory.

        Raises:
            TrialFailed: a score is not finite.
        """
        size = block_rows(self.n_items, self.device, self.memory_mib // at_once)
        for first in range(0, len(self.users_R), size):
            rows = slice(first, min(first + size, len(self.users_R)))
            score_BI = recommender.score(self.users_R[rows]).float()
            finite = score_BI.sum().isfinite()
            if 0 in score_BI.stride() or not score_BI.is_contiguous():
                score_BI = score_BI.contiguous()
            key_E = self.seen.key[self.start[rows.start] : self.start[rows.stop]]
            score_BI.view(-1).index_fill_(0, key_E - rows.start * self.n_items, -torch.inf)
            if self.left_out_I is not None:
                score_BI.masked_fill_(self.left_out_I, -torch.inf)
            yield Block(rows, *best_items(score_BI, finite, k, self.ties, rows), score_BI)

    @torch.no_grad()
    def top(self, recommender: Recommender, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The `k` best unseen items of each user: `item_BK` and `value_BK` of all blocks.

        Raises:
            TrialFailed: a score is not finite.
        """
        blocks = [(block.item_BK, block.value_BK) for block in self.blocks(recommender, k)]
        item_RK = torch.cat([self.users_R.new_empty((0, k)), *(item_BK for item_BK, _ in blocks)])
        value_RK = torch.cat([torch.empty((0, k), device=self.device), *(value_BK for _, value_BK in blocks)])
        return item_RK.cpu().numpy(), value_RK.cpu().numpy()
