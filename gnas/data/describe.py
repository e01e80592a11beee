"""A split in figures, for people and as JSON."""

from typing import Any

import numpy as np

from gnas.data.interactions import SIDES, Interactions, Split, n_shared, n_unknown

MOST_BARS = 20


def describe(split: Split) -> dict[str, Any]:
    """Sizes, density, activity, popularity, times, ratings, cold users and items, what cleaning did, what was guessed.

    Counts per user and per item are over all three parts; times are seconds since 1970.
    """
    parts = {"train": split.train, "valid": split.valid, "test": split.test}
    n = sum(map(len, parts.values()))
    count_U, count_I = (sum(part.counts(side) for part in parts.values()) for side in SIDES)
    return {
        "n_users": split.n_users,
        "n_items": split.n_items,
        "n_interactions": n,
        **{f"n_{name}": len(part) for name, part in parts.items()},
        "density": n / (split.n_users * split.n_items),
        "per_user": _spread(np.asarray(count_U)),
        "per_item": _spread(np.asarray(count_I)),
        "popularity_gini": gini(np.asarray(count_I)),
        "time": _times(parts),
        "rating": _ratings(list(parts.values())),
        "cold": {name: _cold(split.train, part) for name, part in parts.items() if name != "train"},
        "user_columns": [] if split.users is None else split.users.columns,
        "item_columns": [] if split.items is None else split.items.columns,
        **({"behaviours": _behaviours(split)} if split.behaviours else {}),
        "report": split.report,
        "guesses": guesses(split),
        "fingerprint": split.fingerprint,
    }


def guesses(split: Split) -> list[str]:
    """A sentence for each thing that the user did not say and reading had to guess."""
    return [guess for step in split.report for guess in step.get("guesses", [])]


def gini(counts: np.ndarray) -> float:
    """Gini coefficient: 0 where all counts are equal, near 1 where one has everything.

    G = Σ_i (2 i − n − 1) x_i / (n Σ x), x ascending, i from 1.
    """
    x = np.sort(counts.astype(np.float64))
    n, total = len(x), x.sum()
    return float(((2 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * total)) if total else 0.0


def _spread(counts: np.ndarray) -> dict[str, float]:
    return {
        "min": int(counts.min()),
        "median": float(np.median(counts)),
        "mean": float(counts.mean()),
        "max": int(counts.max()),
    }


def _times(parts: dict[str, Interactions]) -> dict[str, Any] | None:
    """First and last moment in all and of each part."""
    ranges = {
        name: [int(part.time.min()), int(part.time.max())]
        for name, part in parts.items()
        if part.time is not None and len(part)
    }
    if not ranges:
        return None
    return {"first": min(low for low, _ in ranges.values()), "last": max(high for _, high in ranges.values()), **ranges}


def _ratings(parts: list[Interactions]) -> dict[str, Any] | None:
    """Range, mean, and how often each rating occurs (bars of equal width where there are many)."""
    known = [part.rating for part in parts if part.rating is not None]
    if not known:
        return None
    rating = np.concatenate(known)
    values, counts = np.unique(rating, return_counts=True)
    if len(values) <= MOST_BARS:
        bars = [{"rating": float(value), "n": int(count)} for value, count in zip(values, counts, strict=True)]
    else:
        heights, edges = np.histogram(rating, bins=MOST_BARS)
        bars = [
            {"from": float(low), "to": float(high), "n": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], heights, strict=True)
        ]
    return {
        "min": float(values[0]),
        "max": float(values[-1]),
        "mean": float(rating.mean(dtype=np.float64)),
        "histogram": bars,
    }


def _behaviours(split: Split) -> dict[str, Any]:
    """What may be seen of each behaviour, and what it shares with train, with what is held out, and with the others.

    `of train`: how many pairs of train it has too, and likewise; `shared`: pairs in common with each other behaviour.
    """
    seen = split.seen_behaviours
    parts = {"train": split.train, "valid": split.valid, "test": split.test}
    return {
        name: {
            "pairs": len(log),
            "users": int(np.count_nonzero(log.counts("users"))),
            "items": int(np.count_nonzero(log.counts("items"))),
            "hidden": next(step["hidden"] for step in split.report if step.get("behaviour") == name),
            **{f"of {part}": n_shared(log, pairs) for part, pairs in parts.items()},
            "shared": {other: n_shared(log, pairs) for other, pairs in seen.items() if other != name},
        }
        for name, log in seen.items()
    }


def _cold(train: Interactions, part: Interactions) -> dict[str, int]:
    """Users and items that train does not know, and the interactions that have one of them."""
    new_user, new_item = train.counts("users") == 0, train.counts("items") == 0
    return {
        "users": n_unknown(train, part, "users"),
        "items": n_unknown(train, part, "items"),
        "interactions": int((new_user[part.user] | new_item[part.item]).sum()),
    }
