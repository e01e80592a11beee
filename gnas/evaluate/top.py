"""The best items of each row of scores. Ties are broken at random; scores that are not finite are refused."""

from copy import copy

import numpy as np
import torch
from torch import Tensor

from gnas.errors import TrialFailed
from gnas.rng import torch_rng

GROUP = 16
"""Columns whose maximum stands for them while the best are looked for."""


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
