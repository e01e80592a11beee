"""Diversity: how different the items of a list are."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from gnas.graph.pattern import Pattern, start_of
from gnas.metrics import Lists


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
    item_UK, block_mib, train = lists.item_UK, lists.memory_mib, lists.train
    start = start_of(train.user_E.bincount(minlength=train.n_users))
    taken = Pattern(start, train.item_E, (train.n_users, train.n_items)).transposed
    n_lists, n_ranks = item_UK.shape
    similar = {cutoff: torch.zeros(n_lists, device=item_UK.device, dtype=torch.float64) for cutoff in cutoffs}
    slot_I = torch.empty(train.n_items, dtype=torch.int64, device=item_UK.device)
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


def _blocks(item_W: Tensor, taken: Pattern, n_floats: int) -> Iterator[Tensor]:
    """Items in groups whose rows, and the shared users counted to make them, stay below `n_floats`."""
    row_P, entry_P = taken.entries(item_W)
    work_W = torch.zeros_like(item_W).index_add_(0, row_P, taken.transposed.count[taken.column[entry_P]])
    cost_W = torch.maximum(work_W * 4, torch.full_like(work_W, taken.shape[0]))
    group_W = cost_W.cumsum(0) // n_floats
    sizes = torch.unique_consecutive(group_W, return_counts=True)[1].tolist()
    yield from torch.split(item_W, sizes)


def _cosine_rows(item_W: Tensor, taken: Pattern) -> Tensor:
    """float32 [W, I]: shared users over the root of the product of the two audiences; `taken` is [I, U]."""
    n_items = taken.shape[0]
    row_P, entry_P = taken.entries(item_W)
    visit_Q, entry_Q = taken.transposed.entries(taken.column[entry_P])
    shared = torch.zeros(len(item_W) * n_items, device=item_W.device)
    place_Q = row_P[visit_Q] * n_items + taken.transposed.column[entry_Q]
    shared.index_add_(0, place_Q, shared.new_ones(1).expand(len(place_Q)))
    scale_I = taken.count.clamp(min=1).float().rsqrt()
    return shared.view(-1, n_items) * scale_I[item_W].unsqueeze(1) * scale_I
