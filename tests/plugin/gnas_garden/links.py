"""Items that a user took one after the other in the list: links found in the interactions."""

import numpy as np

from gnas.data.interactions import Interactions, Side


def same_users(train: Interactions, side: Side) -> np.ndarray:
    if side == "users":
        return np.zeros((0, 2), dtype=np.int64)
    same = train.user[1:] == train.user[:-1]
    return np.stack([train.item[:-1][same], train.item[1:][same]], axis=1)
