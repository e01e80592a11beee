"""The relation of users to the items that they took."""

import numpy as np
import torch

from gnas.data.interactions import Interactions
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.relations.relation import Relation
from gnas.graph.sparse import SparseMatrix


def distinct_pairs(log: Interactions) -> tuple[np.ndarray, np.ndarray]:
    """User · n_items + item of each interaction, int64 [n]; and each of these numbers once, rising."""
    key = log.pair
    return key, key if bool((key[1:] > key[:-1]).all()) else np.unique(key)  # a split is sorted already


def interactions(log: Interactions, device: torch.device, name: str = "interactions") -> Relation:
    """One where a user took an item, however often: [U, I] on `device`."""
    user, item = np.divmod(distinct_pairs(log)[1], max(log.n_items, 1))
    count = torch.from_numpy(np.bincount(user, minlength=log.n_users)).to(device)
    pattern = Pattern(start_of(count), torch.from_numpy(item).to(device), (log.n_users, log.n_items))
    return taken(pattern, name)


def taken(pattern: Pattern, name: str = "interactions") -> Relation:
    """The relation of users [U] and items [I] with a one at each entry of a pattern."""
    matrix = SparseMatrix(pattern, torch.ones(pattern.nnz, device=pattern.device))
    return Relation(name, ("users", "items"), matrix, pattern.shape)


def ratings(log: Interactions, device: torch.device) -> torch.Tensor | None:
    """The mean rating of each distinct pair: float32 [E] in the order of the relation; None where there are none."""
    if log.rating is None:
        return None
    key, pairs = distinct_pairs(log)
    row = np.searchsorted(pairs, key)
    rating = np.bincount(row, log.rating, len(pairs)) / np.bincount(row, minlength=len(pairs))
    return torch.from_numpy(rating).float().to(device)
