from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnas.config.data import FilterConfig
from gnas.data.clean import Rows, clean, drop_missing
from gnas.data.interactions import Interactions
from gnas.data.kcore import core_rows, largest_core
from gnas.data.ordering import pair_order, positions, stable_order
from gnas.data.vocabulary import encode
from gnas.errors import DataError

edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 7)), max_size=60)


def rows(pairs: list[tuple[int, int]], rating: object = None, time: object = None, part: object = None) -> Rows:
    user, item = np.array([u for u, _ in pairs], dtype=np.int64), np.array([i for _, i in pairs], dtype=np.int64)
    log = Interactions(
        user,
        item,
        10,
        8,
        None if rating is None else np.asarray(rating, dtype=np.float32),
        None if time is None else np.asarray(time, dtype=np.int64),
    )
    return Rows(log, np.zeros(len(user), np.int8) if part is None else np.asarray(part, dtype=np.int8))


def pairs_of(rows: Rows) -> list[tuple[int, int]]:
    return list(zip(rows.interactions.user.tolist(), rows.interactions.item.tolist(), strict=True))


def naive_core(pairs: set[tuple[int, int]], user_core: int, item_core: int) -> set[tuple[int, int]]:
    """Drop one user or item at a time until none has too few."""
    while True:
        for axis, core in ((0, user_core), (1, item_core)):
            for name in {pair[axis] for pair in pairs}:
                if sum(pair[axis] == name for pair in pairs) < core:
                    pairs = {pair for pair in pairs if pair[axis] != name}
                    break
            else:
                continue
            break
        else:
            return pairs


@given(edges, st.integers(1, 5), st.integers(1, 5))
def test_k_core_equals_dropping_one_at_a_time(pairs: list[tuple[int, int]], user_core: int, item_core: int) -> None:
    unique = sorted(set(pairs))
    user, item = np.array([u for u, _ in unique], dtype=np.int64), np.array([i for _, i in unique], dtype=np.int64)
    kept = core_rows(user, item, user_core, item_core)
    assert {unique[row] for row in kept} == naive_core(set(unique), user_core, item_core)


@given(edges.filter(bool))
def test_the_largest_core_leaves_something_and_the_next_does_not(pairs: list[tuple[int, int]]) -> None:
    user, item = np.array(sorted(set(pairs)), dtype=np.int64).T
    largest = largest_core(user, item, 50, 50)
    assert len(core_rows(user, item, largest, largest))
    assert not len(core_rows(user, item, largest + 1, largest + 1))


@given(edges)
def test_orders_and_positions_equal_numpy(pairs: list[tuple[int, int]]) -> None:
    user, item = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    np.testing.assert_array_equal(stable_order(user, 10), np.argsort(user, kind="stable"))
    order = pair_order(user, item, (10, 8))
    np.testing.assert_array_equal(order, np.lexsort((item, user)))
    place, counts = positions(user[order], 10)
    assert place.tolist() == [user[order][:n].tolist().count(u) for n, u in enumerate(user[order])]
    np.testing.assert_array_equal(counts, np.bincount(user, minlength=10))


@given(st.one_of(st.lists(st.integers(-(2**60), 2**60), min_size=1), st.lists(st.integers(-5, 5), min_size=1),
                 st.lists(st.text(), min_size=1)))  # fmt: skip
def test_numbers_follow_the_sorted_order_of_ids(ids: list[Any]) -> None:
    series = pl.Series(ids)
    numbers, known = encode(series)
    assert known.to_list() == sorted(set(ids), key=lambda value: value.encode() if isinstance(value, str) else value)
    assert known.gather(numbers).to_list() == ids


REPEATED = [(1, 1), (0, 2), (1, 1), (1, 1), (0, 0)]
RATING = [4, 1, 5, 3, 2]


class TestRepetitions:
    def merged(self, keep: str, time: list[int] | None = None) -> dict[tuple[int, int], float]:
        cleaned, report = clean(rows(REPEATED, RATING, time), FilterConfig(duplicates=keep), 0)  # type: ignore[arg-type]
        assert report == [{"step": "repetitions", "interactions": 3, "users": 2, "items": 3, "dropped": 2}]
        assert pairs_of(cleaned) == [(0, 0), (0, 2), (1, 1)]
        assert cleaned.interactions.rating is not None
        return dict(zip(pairs_of(cleaned), cleaned.interactions.rating.tolist(), strict=True))

    def test_last_and_first_go_by_the_order_of_the_file(self) -> None:
        assert self.merged("last")[1, 1] == 3
        assert self.merged("first")[1, 1] == 4

    def test_last_and_first_go_by_time_where_there_is_one(self) -> None:
        assert self.merged("last", [30, 0, 10, 20, 0])[1, 1] == 4
        assert self.merged("first", [30, 0, 10, 20, 0])[1, 1] == 5
        assert self.merged("last", [30, 0, 30, 20, 0])[1, 1] == 5  # equal times: the file's order

    def test_sum_and_mean(self) -> None:
        assert self.merged("sum") == {(0, 0): 2, (0, 2): 1, (1, 1): 12}
        assert self.merged("mean")[1, 1] == 4

    def test_the_latest_time_stays_with_sum_and_mean(self) -> None:
        for keep in ("sum", "mean"):
            cleaned, _ = clean(rows(REPEATED, RATING, [30, 0, 10, 20, 0]), FilterConfig(duplicates=keep), 0)
            assert cleaned.interactions.time is not None
            assert cleaned.interactions.time.tolist() == [0, 0, 30]

    def test_without_ratings_sum_counts_rows(self) -> None:
        cleaned, _ = clean(rows(REPEATED), FilterConfig(duplicates="sum"), 0)
        assert cleaned.interactions.rating is not None
        assert cleaned.interactions.rating.tolist() == [1, 1, 3]

    def test_a_pair_of_an_earlier_part_is_dropped_from_the_later_ones(self) -> None:
        given = rows([(1, 1), (1, 1), (0, 0), (1, 1), (2, 2), (2, 2)], time=[9, 1, 1, 1, 1, 1], part=[0, 2, 2, 1, 1, 2])
        cleaned, (record,) = clean(given, FilterConfig(), 0)
        assert list(zip(pairs_of(cleaned), cleaned.part.tolist(), strict=True)) == [
            ((0, 0), 2),
            ((1, 1), 0),
            ((2, 2), 1),
        ]
        assert record["in an earlier part"] == 3
        assert record["dropped"] == 3


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 5), st.integers(0, 3)), min_size=1))
def test_merging_equals_a_loop_over_rows(data: list[tuple[int, int, int, int]]) -> None:
    given = rows([(u, i) for u, i, _, _ in data], [r for _, _, r, _ in data], [t for _, _, _, t in data])
    expected: dict[tuple[int, int], tuple[int, int]] = {}
    for u, i, r, t in data:
        if (u, i) not in expected or t >= expected[u, i][1]:
            expected[u, i] = (r, t)
    cleaned, _ = clean(given, FilterConfig(), 0)
    log = cleaned.interactions
    assert log.rating is not None
    assert log.time is not None
    assert pairs_of(cleaned) == sorted(expected)
    assert list(zip(log.rating.tolist(), log.time.tolist(), strict=True)) == [
        expected[pair] for pair in sorted(expected)
    ]


def test_each_step_is_counted() -> None:
    full = [(u, i) for u in range(5) for i in range(4)]
    given = rows([*full, (9, 7), (0, 0)], rating=[*[4] * 19, 1, 5, 5])
    cleaned, report = clean(given, FilterConfig(min_rating=3, core=4), 0)
    assert report == [
        {"step": "repetitions", "interactions": 21, "users": 6, "items": 5, "dropped": 1},
        {"step": "rating threshold", "interactions": 20, "users": 6, "items": 5, "dropped": 1, "min_rating": 3.0},
        {"step": "k-core", "interactions": 16, "users": 4, "items": 4, "dropped": 4, "user_core": 4, "item_core": 4},
    ]
    assert pairs_of(cleaned) == full[:16]


def test_a_sample_of_users_is_seeded() -> None:
    given = rows([(u, i) for u in range(10) for i in range(3)])
    samples = [
        set(clean(given, FilterConfig(max_users=4), seed)[0].interactions.user.tolist()) for seed in (0, 0, 1, 2)
    ]
    assert {len(sample) for sample in samples} == {4}
    assert samples[0] == samples[1]
    assert len({frozenset(sample) for sample in samples}) > 1
    assert len(clean(given, FilterConfig(max_users=50), 0)[0].interactions) == 30


def test_incomplete_rows_are_dropped_and_counted() -> None:
    frame = pl.DataFrame(
        {"user": [1, None, 3, 4], "item": ["a", "b", "c", "d"], "rating": [1.0, 2.0, None, float("inf")]}
    )
    left, record = drop_missing(frame, "a.csv")
    assert left.rows() == [(1, "a", 1.0)]
    assert record == {"step": "missing values", "dropped": 3, "missing": {"user": 1, "rating": 1, "infinite rating": 1}}
    with pytest.raises(DataError, match=r"^a.csv: none of 3 rows is complete \(1 without user, 1 without rating, "):
        drop_missing(frame[1:], "a.csv")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (FilterConfig(min_rating=9), "data.filter.min_rating 9 leaves nothing: the ratings lie between 2 and 4"),
        (
            FilterConfig(core=5),
            "data.filter.core 5 leaves nothing of 12 interactions; the largest core that leaves something is 3",
        ),
        (
            FilterConfig(user_core=2, item_core=6),
            "data.filter.user_core 2 with item_core 6 leaves nothing of 12 interactions; the largest core that leaves "
            "something is 4",
        ),
    ],
)
def test_filters_that_leave_nothing_say_what_would(config: FilterConfig, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        clean(rows([(u, i) for u in range(4) for i in range(3)], rating=[2, 4] * 6), config, 0)
    assert str(caught.value) == sentence


def test_a_threshold_needs_ratings() -> None:
    with pytest.raises(DataError, match=r"^data.filter.min_rating is 4, but the data have no ratings; take it out$"):
        clean(rows([(0, 0), (1, 1)]), FilterConfig(min_rating=4), 0)
