from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnas.config.data import SplitConfig
from gnas.data.interactions import Interactions
from gnas.data.split import TEST, TRAIN, VALID, split_parts
from gnas.errors import DataError

KINDS: tuple[Literal["random", "leave-out", "user-time", "global-time"], ...] = (
    "random",
    "leave-out",
    "user-time",
    "global-time",
)


@st.composite
def logs(draw: st.DrawFn) -> Interactions:
    pairs = draw(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 20)), min_size=1, max_size=80))
    times = draw(st.lists(st.integers(0, 9), min_size=len(pairs), max_size=len(pairs)))
    user, item = np.array(sorted(pairs), dtype=np.int64).T
    return Interactions(user, item, 7, 21, time=np.array(times, dtype=np.int64))


@st.composite
def configs(draw: st.DrawFn) -> SplitConfig:
    kind = draw(st.sampled_from(KINDS))
    if kind == "leave-out":
        return SplitConfig(kind=kind, valid=float(draw(st.integers(1, 3))), test=float(draw(st.integers(0, 3))))
    return SplitConfig(kind=kind, valid=draw(st.floats(0.01, 0.45)), test=draw(st.floats(0, 0.5)))


def make(n_users: int, each: int, timed: bool = False, seed: int = 0) -> Interactions:
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(n_users), each)
    item = np.tile(np.arange(each), n_users)
    time = rng.integers(0, 10**6, len(user)) if timed else None
    return Interactions(user, item, n_users, each, time=time)


@settings(deadline=None)
@given(logs(), configs(), st.integers(0, 5))
def test_every_interaction_has_one_part_and_the_seed_decides(log: Interactions, config: SplitConfig, seed: int) -> None:
    part = split_parts(log, config, seed)
    assert part.shape == log.user.shape
    assert set(part.tolist()) <= {TRAIN, VALID, TEST}
    np.testing.assert_array_equal(part, split_parts(log, config, seed))


@settings(deadline=None)
@given(logs(), configs(), st.integers(0, 5))
def test_every_user_keeps_an_interaction_in_train(log: Interactions, config: SplitConfig, seed: int) -> None:
    if config.kind == "global-time":
        return
    part = split_parts(log, config, seed)
    assert set(log.user[part == TRAIN].tolist()) == set(log.user.tolist())


@settings(deadline=None)
@given(logs(), configs(), st.integers(0, 5))
def test_parts_by_time_follow_each_other(log: Interactions, config: SplitConfig, seed: int) -> None:
    assert log.time is not None
    part = split_parts(log, config, seed)
    groups = [log.user == u for u in range(log.n_users)] if config.kind in ("user-time", "leave-out") else []
    if config.kind == "global-time":
        groups = [np.ones(len(log), dtype=bool)]
    for group in groups:
        times = [log.time[group & (part == p)] for p in (TRAIN, VALID, TEST)]
        for earlier, later in ((0, 1), (0, 2), (1, 2)):
            if len(times[earlier]) and len(times[later]):
                assert times[earlier].max() <= times[later].min()
                if config.kind == "global-time":
                    assert times[earlier].max() < times[later].min()


@settings(deadline=None)
@given(logs(), st.integers(1, 3), st.integers(0, 3))
def test_leave_out_takes_test_first_and_leaves_train_one(log: Interactions, valid: int, test: int) -> None:
    part = split_parts(log, SplitConfig(kind="leave-out", valid=float(valid), test=float(test)), 0)
    for u in set(log.user.tolist()):
        n = int((log.user == u).sum())
        sizes = [int((part[log.user == u] == p).sum()) for p in (TRAIN, VALID, TEST)]
        in_test = min(test, n - 1)
        in_valid = min(valid, n - 1 - in_test)
        assert sizes == [n - in_test - in_valid, in_valid, in_test]


@pytest.mark.parametrize("kind", ["random", "user-time"])
def test_shares_are_right_on_average_and_for_each_user(kind: str) -> None:
    log = make(4000, 7, timed=True)
    part = split_parts(log, SplitConfig(kind=kind, valid=0.1, test=0.2), 0)  # type: ignore[arg-type]
    assert np.bincount(part) / len(part) == pytest.approx([0.7, 0.1, 0.2], abs=0.005)
    in_test = np.bincount(log.user[part == TEST], minlength=4000)
    assert set(in_test.tolist()) == {1, 2}  # 1.4 rounded up or down


def test_random_does_not_look_at_items_or_times() -> None:
    log = make(3000, 10, timed=True)
    part = split_parts(log, SplitConfig(valid=0.1, test=0.2), 0)
    assert np.bincount(log.item[part == TEST], minlength=10) == pytest.approx(np.full(10, 600), rel=0.15)


def test_equal_times_are_ordered_at_random_and_not_by_item() -> None:
    log = make(3000, 10)
    log = Interactions(log.user, log.item, 3000, 10, time=np.zeros(len(log), dtype=np.int64))
    part = split_parts(log, SplitConfig(kind="leave-out", valid=1.0, test=1.0), 0)
    assert np.bincount(log.item[part == TEST], minlength=10) == pytest.approx(np.full(10, 300), rel=0.2)


def test_leave_out_without_times_is_random() -> None:
    log = make(3000, 10)
    part = split_parts(log, SplitConfig(kind="leave-out", valid=1.0, test=1.0), 0)
    assert np.bincount(part).tolist() == [24_000, 3000, 3000]
    assert np.bincount(log.item[part == TEST], minlength=10) == pytest.approx(np.full(10, 300), rel=0.2)


def test_other_seeds_split_otherwise() -> None:
    log = make(50, 10)
    assert (split_parts(log, SplitConfig(), 0) != split_parts(log, SplitConfig(), 1)).any()


def test_global_time_cuts_at_the_shares() -> None:
    log = make(100, 10, timed=True)
    part = split_parts(log, SplitConfig(kind="global-time", valid=0.1, test=0.2), 0)
    assert np.bincount(part).tolist() == pytest.approx([700, 100, 200], abs=3)


@pytest.mark.parametrize("kind", ["user-time", "global-time"])
def test_splits_by_time_need_times(kind: str) -> None:
    with pytest.raises(DataError) as caught:
        split_parts(make(5, 5), SplitConfig(kind=kind, valid=0.1, test=0.1), 0)  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"data.split.kind {kind} needs times, and the data have none; set data.columns.time, or take random or "
        "leave-out"
    )


def test_cold_items_have_all_their_interactions_in_one_part() -> None:
    log = make(60, 50)
    part = split_parts(log, SplitConfig(kind="cold-items", valid=0.1, test=0.2), 0)
    parts_of_I = [set(part[log.item == item]) for item in range(50)]
    assert [sum(parts == {which} for parts in parts_of_I) for which in (0, 1, 2)] == [35, 5, 10]
    again = split_parts(log, SplitConfig(kind="cold-items", valid=0.1, test=0.2), 0)
    assert (part == again).all()
    assert (part != split_parts(log, SplitConfig(kind="cold-items", valid=0.1, test=0.2), 1)).any()
