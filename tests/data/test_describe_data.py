import json

import numpy as np
import polars as pl
import pytest

from gnas.data.describe import describe, gini
from gnas.data.interactions import Interactions, Split


def part(user: list[int], item: list[int], rating: list[float], time: list[int]) -> Interactions:
    return Interactions(
        np.array(user), np.array(item), 3, 4, np.array(rating, dtype=np.float32), np.array(time, dtype=np.int64)
    )


def split() -> Split:
    return Split(
        part([0, 0, 1, 1], [0, 1, 0, 2], [1, 2, 2, 5], [10, 20, 30, 40]),
        part([0], [2], [3], [50]),
        part([1, 2], [3, 0], [4, 4], [60, 5]),
        pl.Series(["a", "b", "c"]),
        pl.Series([7, 8, 9, 10]),
        "f00d",
        [{"step": "read", "guesses": ["a.csv: columns user = 'u'"]}, {"step": "split"}],
    )


def test_the_figures_of_a_small_split() -> None:
    summary = describe(split())
    assert json.loads(json.dumps(summary)) == summary
    assert [summary[f"n_{name}"] for name in ("users", "items", "interactions", "train", "valid", "test")] == [
        3, 4, 7, 4, 1, 2,
    ]  # fmt: skip
    assert summary["density"] == pytest.approx(7 / 12)
    assert summary["per_user"] == {"min": 1, "median": 3.0, "mean": pytest.approx(7 / 3), "max": 3}
    assert summary["per_item"] == {"min": 1, "median": 1.5, "mean": 1.75, "max": 3}
    assert summary["time"] == {"first": 5, "last": 60, "train": [10, 40], "valid": [50, 50], "test": [5, 60]}
    assert summary["rating"]["histogram"] == [
        {"rating": 1.0, "n": 1}, {"rating": 2.0, "n": 2}, {"rating": 3.0, "n": 1}, {"rating": 4.0, "n": 2},
        {"rating": 5.0, "n": 1},
    ]  # fmt: skip
    assert summary["cold"] == {
        "valid": {"users": 0, "items": 0, "interactions": 0},
        "test": {"users": 1, "items": 1, "interactions": 2},
    }
    assert summary["guesses"] == ["a.csv: columns user = 'u'"]
    assert summary["fingerprint"] == "f00d"


def test_many_different_ratings_become_bars() -> None:
    rating = np.arange(100, dtype=np.float32)
    log = Interactions(np.zeros(100, np.int64), np.arange(100), 1, 100, rating)
    none = log.take(np.zeros(100, dtype=bool))
    summary = describe(Split(log, none, none, pl.Series([1]), pl.Series(range(100)), ""))["rating"]
    assert len(summary["histogram"]) == 20
    assert sum(bar["n"] for bar in summary["histogram"]) == 100


def test_gini_equals_the_mean_difference() -> None:
    counts = np.random.default_rng(0).integers(0, 50, 40)
    differences = np.abs(counts[:, None] - counts[None, :]).mean()
    assert gini(counts) == pytest.approx(differences / (2 * counts.mean()))
    assert gini(np.full(9, 3)) == pytest.approx(0)
    assert gini(np.array([0] * 999 + [5])) == pytest.approx(0.999)
