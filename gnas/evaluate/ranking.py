"""The best items of many users: seen items left out, ties broken at random, blocks within a bound of memory."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gnas.data.interactions import Interactions
from gnas.errors import TrialFailed
from gnas.graph.pattern import Pattern
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng

CPU_BLOCK_MIB = 30
"""On the CPU, larger blocks come fresh from the kernel, and touching their pages costs more than the product."""
CPU_ROWS = 32
"""Unless they would have fewer users than this: every block reads the embeddings of all items."""
GROUP = 16
"""Columns whose maximum stands for them while the best are looked for."""


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
        self, users: np.ndarray, seen: Sequence[Interactions], ties: "TieBreaker", memory_mib: int = 512
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


class TieBreaker:
    """A random order of the items for each user: of equal scores, any item is as likely to come first.

    The order is that of a · i + b modulo 2³¹ with the user's own random odd a and random b (Dietzfelbinger et al.,
    J. Algorithms 1997), a bijection, so that there is nothing to store and no tie is left.
    """

    def __init__(self, n_items: int, n_rows: int, seed: int, device: torch.device) -> None:
        generator = torch_rng("cpu", seed, "ties")
        self.item_I = torch.arange(n_items, device=device)
        self.factor_R = torch.randint(2**30, (n_rows,), generator=generator).mul_(2).add_(1).to(device)
        self.shift_R = torch.randint(2**31, (n_rows,), generator=generator).to(device)

    def of(self, rows: np.ndarray) -> "TieBreaker":
        """The orders of some rows alone."""
        chosen = copy(self)
        rows_R = torch.from_numpy(rows).to(self.factor_R.device)
        chosen.factor_R, chosen.shift_R = self.factor_R[rows_R], self.shift_R[rows_R]
        return chosen

    def keys(self, rows: slice | Tensor, item_BK: Tensor | None = None) -> Tensor:
        """Distinct numbers from 0 for the given items (default: all) of each row, the larger first: int64 [B, K]."""
        item_BK = self.item_I if item_BK is None else item_BK
        key_BK = self.factor_R[rows].unsqueeze(1) * item_BK
        return key_BK.add_(self.shift_R[rows].unsqueeze(1)).bitwise_and_(2**31 - 1)


def best_items(score_BI: Tensor, finite: Tensor, k: int, ties: TieBreaker, rows: slice) -> tuple[Tensor, Tensor]:
    """The k best items of each row, best first; equal scores in the order of `ties`.

    Returns:
        items int64 [B, k], −1 where a row has fewer than k unseen items; their scores float32 [B, k], −inf there.

    Raises:
        TrialFailed: a score is not finite.
    """
    width = min(k + 1, score_BI.shape[1])
    value_BK, item_BK = largest(score_BI, width)
    equal_BK = (value_BK[:, 1:] == value_BK[:, :-1]) & (value_BK[:, 1:] > -torch.inf)
    cut_B = equal_BK[:, k - 1] if width > k else equal_BK.new_zeros(len(equal_BK))
    all_finite, any_equal, any_cut = torch.stack([finite, equal_BK.any(), cut_B.any()]).tolist()
    if not all_finite:
        raise TrialFailed("a score is not finite (NaN or infinity); the model has diverged")
    value_BK, item_BK = value_BK[:, :k], item_BK[:, :k]
    if any_equal:
        order_BK = ties.keys(rows, item_BK).argsort(1, descending=True)
        value_BK, item_BK = value_BK.gather(1, order_BK), item_BK.gather(1, order_BK)
        value_BK, order_BK = value_BK.sort(dim=1, descending=True, stable=True)
        item_BK = item_BK.gather(1, order_BK)
    if any_cut:
        item_BK = _resolve_cut(score_BI, value_BK, item_BK, cut_B, ties, rows)
    item_BK = torch.where(value_BK > -torch.inf, item_BK, -1)
    short = k - item_BK.shape[1]
    if short > 0:
        item_BK = torch.nn.functional.pad(item_BK, (0, short), value=-1)
        value_BK = torch.nn.functional.pad(value_BK, (0, short), value=-torch.inf)
    return item_BK, value_BK


def largest(score_BI: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """As `torch.topk`, with another choice among equal scores; NaN counts as largest.

    The k largest lie in the k groups of columns with the largest maxima. Finding those is a pass at the speed of
    memory; `topk` over whole rows costs about as much as the product that made the scores.
    """
    n_columns = score_BI.shape[1]
    n_groups = n_columns // GROUP
    if n_groups < 8 * k:
        return score_BI.topk(k)
    grouped_BIG = score_BI[:, : n_groups * GROUP].view(-1, GROUP, n_groups)
    group_Bk = largest(grouped_BIG.amax(1), k)[1]
    member_G = torch.arange(0, n_groups * GROUP, n_groups, device=score_BI.device)
    column_BC = (group_Bk.unsqueeze(2) + member_G).flatten(1)
    rest_R = torch.arange(n_groups * GROUP, n_columns, device=score_BI.device)
    column_BC = torch.cat([column_BC, rest_R.expand(len(score_BI), -1)], 1)
    value_Bk, place_Bk = score_BI.gather(1, column_BC).topk(k)
    return value_Bk, column_BC.gather(1, place_Bk)


def _resolve_cut(
    score_BI: Tensor, value_BK: Tensor, item_BK: Tensor, cut_B: Tensor, ties: TieBreaker, rows: slice
) -> Tensor:
    """Where items beyond the k-th have its score, choose among all of them by the order of `ties`."""
    k = value_BK.shape[1]
    row_T = cut_B.nonzero().squeeze(1)
    item_BK = item_BK.clone()
    for row_t in torch.split(row_T, max(1, len(score_BI) // 4)):
        last_t1 = value_BK[row_t, -1:]
        key_tI = ties.keys(row_t + rows.start)
        key_tI.masked_fill_(score_BI[row_t] != last_t1, -1)
        tied_tK = largest(key_tI, k)[1]
        place_tK = torch.arange(k, device=row_t.device) - (value_BK[row_t] > last_t1).sum(1, keepdim=True)
        item_BK[row_t] = torch.where(place_tK < 0, item_BK[row_t], tied_tK.gather(1, place_tK.clamp(min=0)))
    return item_BK
