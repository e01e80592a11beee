"""Interactions and splits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import polars as pl

from gnas.errors import DataError

Side = Literal["users", "items"]
SIDES: tuple[Side, Side] = ("users", "items")
Cut = Literal["none", "user", "everyone"]
"""Whose held-out interactions end what may be seen of a behaviour."""


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

    @property
    def pair(self) -> np.ndarray:
        """The number user · n_items + item of each interaction: int64 [n]."""
        number: np.ndarray = self.user.astype(np.int64) * self.n_items + self.item
        return number

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


def n_shared(log: Interactions, other: Interactions) -> int:
    """How many pairs of `other` stand in `log`."""
    return int(np.isin(other.pair, log.pair).sum())


@dataclass(frozen=True)
class Behaviour:
    """What else users did: distinct pairs over the numbering of the target, each with the first time of all its events.

    Attributes:
        log: all that may be seen once the validation part is learned from; what test hides is not in it.
        cut: which of it lies behind the validation part: `everyone`, what is not before the first held-out interaction
            of all; `user`, what is not before the first one of the same user; `none`: nothing.
        drops_pairs: whether a held-out pair is hidden, whenever it happened.
    """

    log: Interactions
    cut: Cut = "none"
    drops_pairs: bool = False

    def before(self, held: Interactions) -> Interactions:
        """What may be seen while `held` is held out."""
        hidden = hidden_by(self.log, held, self.cut, drops_pairs=self.drops_pairs)
        return self.log.take(~hidden) if hidden.any() else self.log

    def resized(self, n_users: int, n_items: int) -> "Behaviour":
        """The same over more users or items."""
        return replace(self, log=replace(self.log, n_users=n_users, n_items=n_items))


def hidden_by(log: Interactions, held: Interactions, cut: Cut, *, drops_pairs: bool) -> np.ndarray:
    """What of `log` must not be seen while `held` is held out, see `Behaviour`: bool [n]."""
    hidden = np.zeros(len(log), dtype=bool)
    if not len(held):
        return hidden
    if cut != "none":
        assert log.time is not None
        assert held.time is not None
        first_U = np.full(log.n_users, held.time.min() if cut == "everyone" else np.iinfo(np.int64).max)
        if cut == "user":
            np.minimum.at(first_U, held.user, held.time)
        hidden |= log.time >= first_U[log.user]
    if drops_pairs:
        hidden |= np.isin(log.pair, held.pair)
    return hidden


@dataclass(frozen=True)
class Split:
    """Train, validation and test interactions over one numbering of users and items.

    `user_ids[u]` and `item_ids[i]` are the ids as the user's file has them (strings or integers). `fingerprint` is the
    hash of the three parts and both id lists: equal fingerprints mean equal data. `report` counts what cleaning did.
    `users` and `items` are feature tables, one row per user or item in order of their numbers, or None. `behaviours`
    is what else users did, by name.
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
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)

    @property
    def seen_behaviours(self) -> dict[str, Interactions]:
        """What else users did, as far as it may be seen while the validation part is held out, in order of names."""
        return {name: self.behaviours[name].before(self.valid) for name in sorted(self.behaviours)}

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
