"""How unlike each other the items of a recommended list are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gnas.metrics import Lists, TrainPairs
from gnas.nn.positives import expand


@dataclass(frozen=True)
class Audiences:
    """Train interactions from both sides: every item's users, every user's items.

    Shapes: `user_E`, `item_E` int64 [E], each sorted by the other side; `n_user_I`, `n_item_U` counts; `start_*` the
    first entry of each row.
    """

    user_E: Tensor
    n_user_I: Tensor
    start_I: Tensor
    item_E: Tensor
    n_item_U: Tensor
    start_U: Tensor


def audiences(train: TrainPairs) -> Audiences:
    """Both sides of the train interactions."""
    user_E, item_E = train.user_E, train.item_E
    by_item, by_user = item_E.argsort(stable=True), user_E.argsort(stable=True)
    n_user_I, n_item_U = train.degree_I, user_E.bincount(minlength=train.n_users)
    return Audiences(
        user_E[by_item], n_user_I, n_user_I.cumsum(0) - n_user_I,
        item_E[by_user], n_item_U, n_item_U.cumsum(0) - n_item_U,
    )  # fmt: skip


def diversity(lists: Lists, cutoffs: Sequence[int]) -> dict[int, Tensor]:
    """1 − mean cosine of the pairs of items in a list, an item being the set of its train users; per user and cut-off.

    Intra-list similarity of Ziegler et al., WWW 2005. Of the cosine matrix only the rows of recommended items are
    formed, a block at a time; the cosine with an item without train users is 0.

    Args:
        lists: of all users; their `memory_mib` bounds one block of rows.
        cutoffs: lengths to measure at, at most K.

    Returns:
        Cut-off → float64 [U]; NaN where a list has fewer than two items.
    """
    item_UK, taken, block_mib = lists.item_UK, audiences(lists.train), lists.memory_mib
    n_lists, n_ranks = item_UK.shape
    n_items = len(taken.n_user_I)
    similar = {cutoff: torch.zeros(n_lists, device=item_UK.device, dtype=torch.float64) for cutoff in cutoffs}
    slot_I = torch.empty(n_items, dtype=torch.int64, device=item_UK.device)
    for item_W in _blocks(torch.unique(item_UK[item_UK >= 0]), taken, block_mib * 2**18):
        cosine_WI = _cosine_rows(item_W, taken)
        slot_I.fill_(-1)[item_W] = torch.arange(len(item_W), device=slot_I.device)
        slot_UK = torch.where(item_UK >= 0, slot_I[item_UK.clamp(min=0)], -1)
        list_P, rank_P = (slot_UK >= 0).nonzero(as_tuple=True)
        size = max(1, block_mib * 2**17 // n_ranks)
        for list_p, rank_p in zip(torch.split(list_P, size), torch.split(rank_P, size), strict=True):
            other_pK = item_UK[list_p]
            value_pK = cosine_WI[slot_UK[list_p, rank_p].unsqueeze(1), other_pK.clamp(min=0)].double()
            counts_pK = (other_pK >= 0) & (other_pK != item_UK[list_p, rank_p].unsqueeze(1))
            running_pK = torch.where(counts_pK, value_pK, 0.0).cumsum(1)
            for cutoff, total_U in similar.items():
                total_U.index_add_(0, list_p, torch.where(rank_p < cutoff, running_pK[:, cutoff - 1], 0.0))
    return {cutoff: _one_minus_mean(total_U, item_UK[:, :cutoff]) for cutoff, total_U in similar.items()}


def _one_minus_mean(total_U: Tensor, item_UK: Tensor) -> Tensor:
    length_U = (item_UK >= 0).sum(1).double()
    pairs_U = length_U * (length_U - 1)
    return torch.where(pairs_U > 0, 1.0 - total_U / pairs_U, torch.nan)


def _blocks(item_W: Tensor, taken: Audiences, n_floats: int) -> Iterator[Tensor]:
    """Items in groups whose rows, and the shared users counted to make them, stay below `n_floats`."""
    row_P, user_P = expand(taken.n_user_I[item_W], taken.start_I[item_W], taken.user_E)
    work_W = torch.zeros_like(item_W).index_add_(0, row_P, taken.n_item_U[user_P])
    cost_W = torch.maximum(work_W * 4, torch.full_like(work_W, len(taken.n_user_I)))
    group_W = cost_W.cumsum(0) // n_floats
    sizes = torch.unique_consecutive(group_W, return_counts=True)[1].tolist()
    yield from torch.split(item_W, sizes)


def _cosine_rows(item_W: Tensor, taken: Audiences) -> Tensor:
    """float32 [W, I]: shared users over the root of the product of the two audiences."""
    n_items = len(taken.n_user_I)
    row_P, user_P = expand(taken.n_user_I[item_W], taken.start_I[item_W], taken.user_E)
    visit_Q, other_Q = expand(taken.n_item_U[user_P], taken.start_U[user_P], taken.item_E)
    shared = torch.zeros(len(item_W) * n_items, device=item_W.device)
    shared.index_add_(0, row_P[visit_Q] * n_items + other_Q, shared.new_ones(1).expand(len(other_Q)))
    scale_I = taken.n_user_I.clamp(min=1).float().rsqrt()
    return shared.view(-1, n_items) * scale_I[item_W].unsqueeze(1) * scale_I
