"""What rankings are like beside their accuracy: coverage, concentration, novelty, popularity.

All of them look at the first K items of the list of every evaluated user. `item_UK` holds item numbers, −1 where a user
had fewer than K unseen items. "Degree" is an item's number of train interactions. Diversity stands in `diversity.py`.
"""

import torch
from torch import Tensor


def coverage(item_UK: Tensor, n_items: int) -> Tensor:
    """Share of the catalogue that appears in at least one list (Ge et al., RecSys 2010)."""
    return (_counts(item_UK, n_items) > 0).double().mean()


def gini(item_UK: Tensor, n_items: int) -> Tensor:
    """Gini index of how often each item of the catalogue is recommended: 0 all alike, (n−1)/n one item for all.

    Σ_j (2j − n − 1) x_j / (n Σ x) over counts x in rising order (Fleder & Hosanagar, Management Science 2009).
    """
    count_I = _counts(item_UK, n_items).double().sort().values
    weight_I = 2.0 * torch.arange(1, n_items + 1, device=count_I.device, dtype=torch.float64) - n_items - 1
    return (weight_I * count_I).sum() / (n_items * count_I.sum())


def novelty(item_UK: Tensor, degree_I: Tensor, n_users: int) -> Tensor:
    """Mean self-information log2(n_users / degree) of a list's items, per user (Zhou et al., PNAS 2010).

    An item without train interactions counts as one with a single one. NaN for an empty list.
    """
    information_I = torch.log2(n_users / degree_I.double().clamp(min=1.0))
    return _list_mean(item_UK, information_I)


def popularity(item_UK: Tensor, degree_I: Tensor) -> Tensor:
    """Mean degree of a list's items, per user (Yin et al., VLDB 2012: average recommendation popularity)."""
    return _list_mean(item_UK, degree_I.double())


def _counts(item_UK: Tensor, n_items: int) -> Tensor:
    return torch.bincount(item_UK.flatten() + 1, minlength=n_items + 1)[1:]


def _list_mean(item_UK: Tensor, value_I: Tensor) -> Tensor:
    real_UK = item_UK >= 0
    total_U = torch.where(real_UK, value_I[item_UK.clamp(min=0)], 0.0).sum(1)
    return total_U / real_UK.sum(1)
