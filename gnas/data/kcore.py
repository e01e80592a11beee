"""Iterative k-core of the user-item graph."""

import numpy as np


def core_rows(user: np.ndarray, item: np.ndarray, user_core: int, item_core: int) -> np.ndarray:
    """The rows (int64, ascending) of the largest part where every user and item keeps its number of interactions.

    Rounds of counting and dropping until nothing changes; what is left does not depend on the order of the drops.
    """
    rows = np.arange(len(user))
    if not len(rows):
        return rows
    n_users, n_items = int(user.max()) + 1, int(item.max()) + 1
    while True:
        enough_U = np.bincount(user, minlength=n_users) >= user_core
        enough_I = np.bincount(item, minlength=n_items) >= item_core
        keep = enough_U[user] & enough_I[item]
        if keep.all():
            return rows
        rows, user, item = rows[keep], user[keep], item[keep]


def largest_core(user: np.ndarray, item: np.ndarray, user_core: int, item_core: int) -> int:
    """The greatest k for which cores of at most k leave something; cores are nested, so bisection finds it."""
    low, high = 1, max(user_core, item_core)
    while high - low > 1:
        middle = (low + high) // 2
        if len(core_rows(user, item, min(middle, user_core), min(middle, item_core))):
            low = middle
        else:
            high = middle
    return low
