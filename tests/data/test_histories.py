import numpy as np
import pytest

from gnas.data.histories import latest
from gnas.data.interactions import Interactions

USER = np.array([0, 0, 0, 1, 2, 2])
ITEM = np.array([3, 1, 2, 3, 0, 1])
TIME = np.array([5, 9, 7, 1, 4, 4])


def log(time: np.ndarray | None = TIME) -> Interactions:
    return Interactions(USER, ITEM, 4, 5, time=time)


def test_the_latest_come_first() -> None:
    found = latest(log(), 2)
    assert found.ordered
    assert found.other.tolist() == [[1, 2], [3, -1], [1, 0], [-1, -1]]


def test_rows_are_no_longer_than_the_longest_history() -> None:
    assert latest(log(), 50).other.shape == (4, 3)
    assert latest(Interactions(USER[:0], ITEM[:0], 2, 5), 50).other.tolist() == [[-1], [-1]]


@pytest.mark.parametrize("seed", range(5))
def test_every_row_equals_a_sort_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    user, item, time = rng.integers(0, 9, 80), rng.integers(0, 7, 80), rng.permutation(80)
    found = latest(Interactions(user, item, 10, 7, time=time), 6)
    for u in range(10):
        wanted = [int(item[at]) for at in np.argsort(-time) if user[at] == u][:6]
        assert found.other[u].tolist() == wanted + [-1] * (found.other.shape[1] - len(wanted))


def test_without_times_a_history_is_a_choice_that_stays_the_same() -> None:
    one, again = latest(log(None), 2), latest(log(None), 2)
    assert not one.ordered
    assert one.other.tolist() == again.other.tolist()
    assert set(one.other[0]) < {1, 2, 3}
    assert one.other[3].tolist() == [-1, -1]
    assert one.fingerprint == again.fingerprint != latest(log(), 2).fingerprint
