"""Cleaning, step by step, each counted: missing values, repetitions, ratings, a sample of users, k-core.

A row's part says which given file it comes from (0 train, 1 valid, 2 test; all 0 where gnas splits). Repetitions are
merged within a part; a pair of user and item that stands in an earlier part is dropped from the later one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from gnas.config.data import FilterConfig
from gnas.data.interactions import Interactions
from gnas.data.kcore import core_rows, largest_core
from gnas.data.ordering import pair_order, stable_order
from gnas.errors import DataError
from gnas.rng import numpy_rng

Record = dict[str, Any]
"""`step`, what is left after it (`interactions, users, items`), how many interactions it `dropped`, and details."""


@dataclass(frozen=True)
class Rows:
    """Interactions and the part of each: int8 [n]."""

    interactions: Interactions
    part: np.ndarray

    def take(self, rows: np.ndarray) -> "Rows":
        """The rows at `rows` (indices or mask)."""
        return Rows(self.interactions.take(rows), self.part[rows])


def drop_missing(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, Record]:
    """Without the rows that lack a user, an item, a rating or a time, or whose rating is infinite.

    Raises:
        DataError: no row is left.
    """
    missing = {column: frame[column].null_count() for column in frame.columns}
    whole = frame.drop_nulls()
    if "rating" in whole.columns:
        finite = whole["rating"].is_finite()
        missing["infinite rating"] = int((~finite).sum())
        whole = whole.filter(finite)
    details = {what: count for what, count in missing.items() if count}
    if whole.is_empty():
        what = ", ".join(f"{count} without {column}" for column, count in details.items())
        raise DataError(f"{name}: none of {len(frame)} rows is complete ({what})")
    return whole, {"step": "missing values", "dropped": len(frame) - len(whole), "missing": details}


def record(step: str, before: int, after: Interactions, **details: Any) -> Record:
    """The record of a step that had `before` interactions and left `after`."""
    return {
        "step": step,
        "interactions": len(after),
        "users": int(np.count_nonzero(np.bincount(after.user, minlength=1))),
        "items": int(np.count_nonzero(np.bincount(after.item, minlength=1))),
        "dropped": before - len(after),
        **details,
    }


def clean(rows: Rows, config: FilterConfig, seed: int) -> tuple[Rows, list[Record]]:
    """Apply the steps that `config` asks for; the rows come out in order of user and item, whose numbers keep gaps.

    Raises:
        DataError: a step leaves nothing, or there are no ratings for a threshold.
    """
    steps: list[tuple[str, Callable[[Rows], tuple[Rows, Record]]]] = [
        ("repetitions", lambda rows: merge_repeated(rows, config.duplicates))
    ]
    if config.min_rating is not None:
        threshold = config.min_rating
        steps.append(("rating threshold", lambda rows: at_least_rated(rows, threshold)))
    if config.max_users is not None:
        most = config.max_users
        steps.append(("sample of users", lambda rows: sample_users(rows, most, seed)))
    cores = config.user_core or config.core or 1, config.item_core or config.core or 1
    if max(cores) > 1:
        steps.append(("k-core", lambda rows: k_core(rows, *cores)))
    report = []
    for step, apply in steps:
        before = len(rows.interactions)
        rows, details = apply(rows)
        report.append(record(step, before, rows.interactions, **details))
    return rows, report


def merge_repeated(rows: Rows, keep: str) -> tuple[Rows, Record]:
    """One row for each user and item, those of the given parts apart, in order of user and item.

    `last` and `first` go by time and, where times are equal or missing, by the order of the file. `sum` adds ratings
    (without ratings, rows are counted), `mean` averages them; both take the latest time.
    """
    rows = _by_pair(rows)
    new_pair = _starts(rows.interactions)
    if new_pair.all() and keep != "sum":
        return rows, {}
    if rows.interactions.time is not None:  # the slow way, needed where there are repetitions
        rows = rows.take(np.argsort(rows.interactions.time, kind="stable"))
        rows = _by_pair(rows.take(stable_order(rows.part, 3)))
    log, part = rows.interactions, rows.part
    new_group = new_pair.copy()
    new_group[1:] |= part[1:] != part[:-1]
    starts = np.flatnonzero(new_group)
    ends = np.append(starts[1:], len(log)) - 1
    kept = rows.take(starts if keep == "first" else ends)
    if keep in ("sum", "mean"):
        sizes = (ends - starts + 1).astype(np.float64)
        if log.rating is not None:
            sums = np.add.reduceat(log.rating.astype(np.float64), starts)
            rating = (sums if keep == "sum" else sums / sizes).astype(np.float32)
            kept = replace(kept, interactions=replace(kept.interactions, rating=rating))
        elif keep == "sum":
            kept = replace(kept, interactions=replace(kept.interactions, rating=sizes.astype(np.float32)))
    seen_before = ~new_pair[starts]
    details = {"in an earlier part": int(seen_before.sum())} if seen_before.any() else {}
    return kept.take(~seen_before), details


def _by_pair(rows: Rows) -> Rows:
    log = rows.interactions
    return rows.take(pair_order(log.user, log.item, (log.n_users, log.n_items)))


def _starts(log: Interactions) -> np.ndarray:
    """Of sorted interactions, those with another user or item than the one before."""
    new = np.ones(len(log), dtype=bool)
    new[1:] = (log.user[1:] != log.user[:-1]) | (log.item[1:] != log.item[:-1])
    return new


def at_least_rated(rows: Rows, threshold: float) -> tuple[Rows, Record]:
    """The interactions rated `threshold` or more."""
    rating = rows.interactions.rating
    if rating is None:
        raise DataError(f"data.filter.min_rating is {threshold:g}, but the data have no ratings; take it out")
    keep = rating >= threshold
    if not keep.any():
        raise DataError(
            f"data.filter.min_rating {threshold:g} leaves nothing: the ratings lie between {rating.min():g} and "
            f"{rating.max():g}"
        )
    return rows.take(keep), {"min_rating": threshold}


def sample_users(rows: Rows, most: int, seed: int) -> tuple[Rows, Record]:
    """The interactions of `most` users drawn at random, of all users where they are no more."""
    users = np.unique(rows.interactions.user)
    if len(users) <= most:
        return rows, {"max_users": most}
    chosen = np.zeros(rows.interactions.n_users, dtype=bool)
    chosen[numpy_rng(seed, "data", "max_users").choice(users, most, replace=False)] = True
    return rows.take(chosen[rows.interactions.user]), {"max_users": most}


def k_core(rows: Rows, user_core: int, item_core: int) -> tuple[Rows, Record]:
    """The k-core, counted over all parts together."""
    log = rows.interactions
    kept = core_rows(log.user, log.item, user_core, item_core)
    if not len(kept):
        asked = f"core {user_core}" if user_core == item_core else f"user_core {user_core} with item_core {item_core}"
        largest = largest_core(log.user, log.item, user_core, item_core)
        raise DataError(
            f"data.filter.{asked} leaves nothing of {len(log):,} interactions; the largest core that leaves something "
            f"is {largest}"
        )
    return rows.take(kept), {"user_core": user_core, "item_core": item_core}
