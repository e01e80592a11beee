"""What users did beside the target: read, numbered, hidden where it would tell what is held out."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from gnas.config.data import DataConfig
from gnas.data.describe import describe
from gnas.data.interactions import Interactions, Split
from gnas.data.prepare import prepare
from gnas.errors import DataError

DAY = 86_400
START = 1_600_000_000


def write(path: Path, rows: Iterable[tuple[Any, ...]], header: str = "user,item") -> None:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def read(tmp_path: Path, seed: int = 0, **keys: Any) -> Split:
    return prepare(DataConfig.model_validate(keys), seed, tmp_path)


def error(tmp_path: Path, **keys: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(tmp_path, **keys)
    return str(caught.value)


def pairs(split: Split, log: Interactions) -> set[tuple[Any, Any]]:
    return set(zip(split.user_ids.gather(log.user), split.item_ids.gather(log.item), strict=True))


def events(seed: int, n: int, *, timed: bool = False) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(seed)
    keys = rng.choice(20 * 15, n, replace=False)
    times = START + rng.integers(0, 100 * DAY, n)
    return [
        (f"u{key // 15:02}", int(key % 15), *([int(t)] if timed else [])) for key, t in zip(keys, times, strict=True)
    ]


@pytest.fixture
def buys(tmp_path: Path) -> list[tuple[Any, ...]]:
    rows = events(0, 150)
    write(tmp_path / "buys.csv", rows)
    return rows


def test_a_file_beside_the_target_is_read_and_numbered_as_the_target_is(tmp_path: Path, buys: list[Any]) -> None:
    carts = [*events(1, 100), ("stranger", 3), ("u01", 999), *events(1, 100)[:7]]
    write(tmp_path / "cart.csv", carts)
    plain = read(tmp_path, source="buys.csv")
    split = read(tmp_path, source="buys.csv", behaviours={"cart": "cart.csv"})
    assert list(split.behaviours) == ["cart"]
    assert pairs(split, split.seen_behaviours["cart"]) == {row[:2] for row in events(1, 100)}
    assert split.user_ids.to_list() == plain.user_ids.to_list()
    np.testing.assert_array_equal(split.train.item, plain.train.item)
    assert split.fingerprint != plain.fingerprint
    step = split.report[-1]
    assert (step["step"], step["interactions"], step["rows"]) == ("behaviour cart", 100, 109)
    assert (step["repeated"], step["users or items left out"]) == (7, 2)
    assert (step["rows with users that the target lacks"], step["rows with items that the target lacks"]) == (1, 1)
    held = pairs(split, split.test) & {row[:2] for row in carts}
    assert step["held-out pairs"] == {"valid": step["held-out pairs"]["valid"], "test": len(held), "held_out": "keep"}
    assert held


def test_unknown_ids_are_added_behind_the_others_where_asked(tmp_path: Path, buys: list[Any]) -> None:
    write(tmp_path / "cart.csv", [*events(1, 50), ("stranger", 3), ("u01", 999)])
    plain = read(tmp_path, source="buys.csv")
    split = read(tmp_path, source="buys.csv", behaviours={"cart": {"path": "cart.csv"}, "unknown": "keep"})
    assert split.user_ids.to_list() == [*plain.user_ids, "stranger"]
    assert split.item_ids.to_list() == [*plain.item_ids, 999]
    assert {("stranger", 3), ("u01", 999)} < pairs(split, split.seen_behaviours["cart"])
    assert split.train.n_items == split.n_items == split.behaviours["cart"].log.n_items
    np.testing.assert_array_equal(split.test.item, plain.test.item)


def test_what_cleaning_removed_does_not_come_back(tmp_path: Path, buys: list[Any]) -> None:
    write(tmp_path / "buys.csv", [*buys, ("rare", 3)])
    write(tmp_path / "cart.csv", [*events(1, 50), ("rare", 4)])
    keys: dict[str, Any] = {"filter": {"user_core": 2}, "behaviours": {"cart": "cart.csv", "unknown": "keep"}}
    assert "rare" not in read(tmp_path, source="buys.csv", **keys).user_ids


def test_held_out_pairs_are_hidden_where_asked_and_return_when_they_are_learned(
    tmp_path: Path, buys: list[Any]
) -> None:
    write(tmp_path / "cart.csv", buys)
    split = read(tmp_path, source="buys.csv", behaviours={"cart": "cart.csv", "held_out": "drop"})
    assert pairs(split, split.seen_behaviours["cart"]) == pairs(split, split.train)
    behaviour, nothing = split.behaviours["cart"], split.valid.take(np.zeros(0, np.int64))
    assert pairs(split, behaviour.before(nothing)) == pairs(split, split.train) | pairs(split, split.valid)
    assert split.report[-1]["hidden"] == len(split.valid) + len(split.test)


@pytest.mark.parametrize("kind", ["global-time", "user-time", "leave-out"])
def test_with_a_split_by_time_only_what_lies_before_the_cut_is_seen(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "buys.csv", events(0, 150, timed=True), "user,item,time")
    views = [*events(1, 100, timed=True), *events(2, 100, timed=True)]  # some pairs twice
    write(tmp_path / "view.csv", [(u, i, t * 1000) for u, i, t in views], "user,item,at")  # in milliseconds
    shares = {"valid": 1, "test": 1} if kind == "leave-out" else {"valid": 0.2, "test": 0.2}
    split = read(
        tmp_path,
        source="buys.csv",
        split={"kind": kind, **shares},
        behaviours={"view": {"path": "view.csv", "time": "at"}},
    )

    def cut(held: list[Interactions], user: str) -> float:
        times = [
            time
            for part in held
            for who, time in zip(split.user_ids.gather(part.user), part.time, strict=True)  # type: ignore[arg-type]
            if kind == "global-time" or who == user
        ]
        return min(times, default=float("inf"))

    for held, seen in (
        ([split.valid, split.test], split.seen_behaviours["view"]),
        ([split.test], split.behaviours["view"].before(split.valid.take(np.zeros(0, np.int64)))),
    ):
        assert pairs(split, seen) == {(u, i) for u, i, t in views if t < cut(held, u)}
    assert 0 < len(split.seen_behaviours["view"]) < len({row[:2] for row in views})


def test_given_parts_that_follow_each_other_cut_as_a_split_by_time_does(tmp_path: Path) -> None:
    rows = sorted(events(0, 150, timed=True), key=lambda row: int(row[2]))
    for name, some in (("train", rows[:100]), ("valid", rows[100:120]), ("test", rows[120:])):
        write(tmp_path / f"{name}.csv", some, "user,item,time")
    write(tmp_path / "view.csv", events(1, 100, timed=True), "user,item,time")
    split = read(tmp_path, train="train.csv", valid="valid.csv", test="test.csv", behaviours={"view": "view.csv"})
    seen = split.seen_behaviours["view"]
    assert seen.time is not None
    assert split.valid.time is not None
    assert 0 < len(seen) < 100
    assert seen.time.max() < split.valid.time.min()


def test_one_file_with_a_column_of_behaviours(tmp_path: Path) -> None:
    rows = [(*row, what) for seed, what in enumerate(["buy", "cart", "view"]) for row in events(seed, 120)]
    write(tmp_path / "log.csv", rows, "user,item,event")
    told: dict[str, Any] = {"source": "log.csv", "columns": {"behaviour": "event"}, "target": "buy"}
    split = read(tmp_path, **told)
    assert list(split.behaviours) == ["cart", "view"]
    bought = set.union(*(pairs(split, part) for part in split.parts))
    assert bought == {row[:2] for row in rows if row[2] == "buy"}
    assert pairs(split, split.seen_behaviours["view"]) == {row[:2] for row in rows if row[2] == "view"}
    some = read(tmp_path, **told, behaviours={"seen": {"value": "view"}})
    assert list(some.behaviours) == ["seen"]
    notes = [note for step in some.report for note in step.get("guesses", [])]
    assert "120 rows with the behaviour 'cart' are not read" in notes
    assert "no row has 'veiw' in column 'event' (did you mean 'view'?" in error(
        tmp_path, **told, behaviours={"veiw": {}}
    )
    assert "data.target is 'by', which no row has" in error(tmp_path, **{**told, "target": "by"})


def test_ratings_are_told_apart_by_thresholds_and_never_tell_of_a_held_out_pair(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [(*row, int(rng.integers(1, 6))) for row in events(0, 200)]
    write(tmp_path / "ratings.csv", rows, "user,item,rating")
    split = read(
        tmp_path,
        source="ratings.csv",
        filter={"min_rating": 4},
        behaviours={"disliked": {"max_rating": 2}, "rated": {"min_rating": 1}},
    )
    seen = split.seen_behaviours
    known = {str(u) for u in split.user_ids}, set(split.item_ids)
    disliked = {(u, i) for u, i, rating in rows if rating <= 2 and u in known[0] and i in known[1]}
    assert pairs(split, seen["disliked"]) == disliked
    assert not pairs(split, seen["rated"]) & (pairs(split, split.valid) | pairs(split, split.test))
    assert pairs(split, split.train) < pairs(split, seen["rated"])
    assert "leaves nothing: it takes -inf to 0, and the ratings lie between 1 and 5" in error(
        tmp_path, source="ratings.csv", behaviours={"disliked": {"max_rating": 0}}
    )


def test_overlaps_are_described(tmp_path: Path, buys: list[Any]) -> None:
    carts, views = events(1, 100), events(2, 120)
    write(tmp_path / "cart.csv", carts)
    write(tmp_path / "view.csv", views)
    split = read(tmp_path, source="buys.csv", behaviours={"cart": "cart.csv", "view": "view.csv"})
    found = describe(split)["behaviours"]
    assert found["cart"]["of train"] == len(pairs(split, split.train) & set(carts))
    assert found["cart"]["of test"] == len(pairs(split, split.test) & set(carts))
    assert found["cart"]["shared"] == {"view": len(set(carts) & set(views))}
    assert found["view"]["users"] == len({row[0] for row in views})


def test_what_cannot_be_read_is_refused(tmp_path: Path, buys: list[Any]) -> None:
    (tmp_path / "empty.csv").touch()
    write(tmp_path / "header.csv", [])
    write(tmp_path / "others.csv", [("x", "y"), ("z", "y")])
    write(tmp_path / "named.csv", [("x", "y")], "alpha,beta")
    source: dict[str, Any] = {"source": "buys.csv"}
    for name, words in {
        "empty.csv": "data.behaviours.cart: .*empty.csv is empty",
        "header.csv": "data.behaviours.cart: .*header.csv is empty",
        "missing.csv": "data.behaviours.cart: no file .*missing.csv",
        "others.csv": r"none of its 2 rows has a user and an item of the target \(the first: 'x', 'y'\)",
        "named.csv": "set data.behaviours.cart.user and data.behaviours.cart.item",
    }.items():
        with pytest.raises(DataError, match=words):
            read(tmp_path, **source, behaviours={"cart": name})
    write(tmp_path / "view.csv", events(1, 100))
    write(tmp_path / "timed.csv", events(0, 150, timed=True), "user,item,time")
    by_time: dict[str, Any] = {"source": "timed.csv", "split": {"kind": "global-time"}}
    assert "data.behaviours.view has no times, but the split goes by time" in error(
        tmp_path, **by_time, behaviours={"view": "view.csv"}
    )
    days = [(u, i, t // DAY) for u, i, t in events(1, 100, timed=True)]
    write(tmp_path / "view.csv", days, "user,item,time")
    assert "its times go from 1970-01-01 to 1970-01-01, those of the target from 2020-09-14" in error(
        tmp_path, **by_time, behaviours={"view": "view.csv"}
    )


def test_what_cannot_be_meant_is_refused() -> None:
    def refused(**keys: Any) -> str:
        with pytest.raises(ValidationError) as caught:
            DataConfig.model_validate({"source": "a.csv", **keys})
        return str(caught.value)

    assert "held_out is keep or drop, not 'dorp' (did you mean 'drop'?)" in refused(behaviours={"held_out": "dorp"})
    assert "`target` says which word" in refused(target="buy")
    assert "say which of its words is predicted" in refused(columns={"behaviour": "event"})
    assert "'buy' is the target" in refused(columns={"behaviour": "e"}, target="buy", behaviours={"buy": "b.csv"})
    assert "behaviours.cart says neither where it is" in refused(behaviours={"cart": {}})
    assert "min_rating 4 is above max_rating 2" in refused(behaviours={"x": {"min_rating": 4.0, "max_rating": 2.0}})


def test_ids_of_another_kind_are_compared_as_text(tmp_path: Path) -> None:
    write(tmp_path / "buys.csv", [(row[0][1:].lstrip("0") or 0, row[1]) for row in events(0, 150)])
    write(tmp_path / "cart.csv", [("1", 3), ("2", 4), ("guest", 5)])
    split = read(tmp_path, source="buys.csv", behaviours={"cart": "cart.csv"})
    assert split.user_ids.dtype == pl.Int64
    assert pairs(split, split.seen_behaviours["cart"]) == {(1, 3), (2, 4)}
    assert "the user 'guest' is no whole number" in error(
        tmp_path, source="buys.csv", behaviours={"cart": "cart.csv", "unknown": "keep"}
    )
