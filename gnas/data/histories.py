"""What each user took, or who took each item, latest first: the rows that sequence encoders read."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from gnas.data.interactions import Interactions
from gnas.data.ordering import positions, stable_order
from gnas.rng import numpy_rng


@dataclass(frozen=True)
class Histories:
    """`other` int64 [n, L]: the items of each user, or the users of each item, latest first, then −1.

    `ordered`: the place in a row means something, since the data have times.
    """

    other: np.ndarray
    ordered: bool

    @cached_property
    def fingerprint(self) -> str:
        """Equal where the rows are."""
        return hashlib.sha256(f"{self.other.shape} {self.ordered}".encode() + self.other.tobytes()).hexdigest()[:16]


def latest(log: Interactions, side: Literal["users", "items"], length: int) -> Histories:
    """The latest `length` interactions of each user (`users`) or item (`items`); rows are as long as the longest needs.

    Of interactions at one moment the last in `log` comes first. Without times the order is drawn once, the same every
    time: a row is then a random choice of `length`, in an order that means nothing.
    """
    key, other, n = (log.user, log.item, log.n_users) if side == "users" else (log.item, log.user, log.n_items)
    if log.time is None:
        order = numpy_rng(0, "histories", side).permutation(len(log))
    else:
        order = np.argsort(log.time, kind="stable")[::-1]
    order = order[stable_order(key[order], n)]
    place, counts = positions(key[order], n)
    width = max(1, min(length, int(counts.max(initial=0))))
    rows = np.full((n, width), -1, dtype=np.int64)
    read = place < width
    rows[key[order][read], place[read]] = other[order][read]
    return Histories(rows, log.time is not None)
