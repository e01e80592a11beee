"""Interactions and splits."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from gnas.errors import DataError

Side = Literal["users", "items"]
SIDES: tuple[Side, Side] = ("users", "items")


@dataclass(frozen=True)
class Interactions:
    """Who took what: parallel arrays, one element an interaction, users and items counted from 0.

    Shapes: `user`, `item` int64 [n]; `rating` float32 [n] or None; `time` int64 [n], seconds since 1970, or None.
    """

    user: np.ndarray
    item: np.ndarray
    n_users: int
    n_items: int
    rating: np.ndarray | None = None
    time: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("item", "rating", "time"):
            column = getattr(self, name)
            if column is not None and column.shape != self.user.shape:
                raise DataError(f"{name} has {column.shape[0]} rows, user has {self.user.shape[0]}")

    def __len__(self) -> int:
        return len(self.user)

    def counts(self, side: Side) -> np.ndarray:
        """How often each user, or each item, occurs: int64 [n]."""
        if side == "users":
            return np.bincount(self.user, minlength=self.n_users)
        return np.bincount(self.item, minlength=self.n_items)

    def take(self, rows: np.ndarray) -> "Interactions":
        """The interactions at `rows` (indices or mask)."""
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        rating, time = (None if column is None else column.take(at) for column in (self.rating, self.time))
        return Interactions(self.user.take(at), self.item.take(at), self.n_users, self.n_items, rating, time)


def n_unknown(train: Interactions, part: Interactions, side: Side) -> int:
    """How many users or items of `part` train does not know."""
    return int(((train.counts(side) == 0) & (part.counts(side) > 0)).sum())


@dataclass(frozen=True)
class Split:
    """Train, validation and test interactions over one numbering of users and items.

    `user_ids[u]` and `item_ids[i]` are the ids as the user's file has them (strings or integers). `fingerprint` is the
    hash of the three parts and both id lists: equal fingerprints mean equal data. `report` counts what cleaning did.
    `users` and `items` are feature tables, one row per user or item in order of their numbers, or None.
    """

    train: Interactions
    valid: Interactions
    test: Interactions
    user_ids: pl.Series
    item_ids: pl.Series
    fingerprint: str
    report: list[dict[str, Any]] = field(default_factory=list)
    users: pl.DataFrame | None = None
    items: pl.DataFrame | None = None

    @property
    def parts(self) -> tuple[Interactions, Interactions, Interactions]:
        """Train, validation, test."""
        return self.train, self.valid, self.test

    @property
    def n_users(self) -> int:
        """Number of users, those without train interactions included."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items, those without train interactions included."""
        return len(self.item_ids)
