"""The items that each user took, latest first, for encoders of sequences."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnas.data.interactions import Interactions
from gnas.data.ordering import positions, stable_order
from gnas.rng import numpy_rng


@dataclass(frozen=True)
class Histories:
    """`other` int64 [n, L]: the items of each user, latest first, then −1.

    `ordered`: the place in a row means something, since the data have times.
    """

    other: np.ndarray
    ordered: bool

    @cached_property
    def fingerprint(self) -> str:
        """Equal where the rows are."""
        return hashlib.sha256(f"{self.other.shape} {self.ordered}".encode() + self.other.tobytes()).hexdigest()[:16]


def latest(log: Interactions, length: int) -> Histories:
    """The latest `length` items of each user; rows are as long as the longest needs.

    Of interactions at one moment the last in `log` comes first. Without times the order is drawn once, the same every
    time: a row is then a random choice of `length`, in an order that means nothing.
    """
    if log.time is None:
        order = numpy_rng(0, "histories", "users").permutation(len(log))
    else:
        order = np.argsort(log.time, kind="stable")[::-1]
    order = order[stable_order(log.user[order], log.n_users)]
    place, counts = positions(log.user[order], log.n_users)
    width = max(1, min(length, int(counts.max(initial=0))))
    rows = np.full((log.n_users, width), -1, dtype=np.int64)
    read = place < width
    rows[log.user[order][read], place[read]] = log.item[order][read]
    return Histories(rows, log.time is not None)
