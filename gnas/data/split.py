"""Splits interactions into train, validation and test: part 0, 1 or 2 for each.

Every kind works on sorted arrays, none loops over users, and the same seed gives the same parts. A user keeps at least
one interaction in train (with `global-time` the cut decides instead, with `cold-items` the item). Order among equal
times is drawn at random, since neither the file's order nor the items' numbers mean anything there.
"""

from collections.abc import Callable

import numpy as np

from gnas.config.data import SplitConfig
from gnas.data.interactions import Interactions
from gnas.data.ordering import places, stable_order
from gnas.errors import DataError
from gnas.rng import numpy_rng

TRAIN, VALID, TEST = 0, 1, 2


def split_parts(log: Interactions, config: SplitConfig, seed: int) -> np.ndarray:
    """The part of each interaction, int8 [n], as `config` says; `config.valid` or `config.test` may be 0 here.

    Raises:
        DataError: a split by time of data without times.
    """
    if config.kind in ("user-time", "global-time") and log.time is None:
        raise DataError(
            f"data.split.kind {config.kind} needs times, and the data have none; set data.columns.time, or take random "
            "or leave-out"
        )
    return _KINDS[config.kind](log, config, seed)


def _by_user(log: Interactions, seed: int, timed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows by user (earliest first where `timed`, else at random), how many of the user's follow each, counts [U]."""
    order = numpy_rng(seed, "split", "order").permutation(len(log))
    if timed and log.time is not None:
        order = order[np.argsort(log.time[order], kind="stable")]
    order = order.take(stable_order(log.user[order], log.n_users))
    count_U = np.bincount(log.user, minlength=log.n_users)
    place = places(count_U)
    after = np.repeat(count_U, count_U) - 1 - place
    return order, after, count_U


def _marked(order: np.ndarray, after: np.ndarray, n_test: np.ndarray, n_held: np.ndarray) -> np.ndarray:
    """The last `n_test` of each user to test, those before up to `n_held` in all to validation."""
    part = np.zeros(len(order), dtype=np.int8)
    part[order] = np.where(after < n_test, TEST, np.where(after < n_held, VALID, TRAIN))
    return part


def _shares(log: Interactions, config: SplitConfig, seed: int, timed: bool) -> np.ndarray:
    """Shares of each user's interactions; fractions are rounded so that the whole share is met too."""
    order, after, count_U = _by_user(log, seed, timed)
    most_U = np.maximum(count_U - 1, 0)
    test_U = np.minimum(_rounded(count_U * config.test, seed, "test"), most_U)
    held_U = np.minimum(test_U + _rounded(count_U * config.valid, seed, "valid"), most_U)
    return _marked(order, after, np.repeat(test_U, count_U), np.repeat(held_U, count_U))


def _rounded(share_U: np.ndarray, seed: int, name: str) -> np.ndarray:
    """Whole numbers next to `share_U`, right on average for each and within one in sum (systematic sampling)."""
    rng = numpy_rng(seed, "split", "rounding", name)
    order = rng.permutation(len(share_U))
    total = np.floor(np.cumsum(share_U[order]) + rng.random())
    whole_U = np.empty(len(share_U), dtype=np.int64)
    whole_U[order] = np.diff(total, prepend=0.0)
    return whole_U


def _leave_out(log: Interactions, config: SplitConfig, seed: int) -> np.ndarray:
    """The last (without times: random) interactions of each user: test first, validation before; train keeps one."""
    order, after, count_U = _by_user(log, seed, timed=True)
    most_U = np.maximum(count_U - 1, 0)
    test_U = np.minimum(int(config.test), most_U)
    held_U = np.minimum(int(config.test + config.valid), most_U)
    return _marked(order, after, np.repeat(test_U, count_U), np.repeat(held_U, count_U))


def _global_time(log: Interactions, config: SplitConfig, seed: int) -> np.ndarray:  # noqa: ARG001
    """Two moments for everyone; what happened at the same moment stays together."""
    assert log.time is not None
    times = np.sort(log.time)
    n = len(times)

    def moment(share: float) -> int:
        first = n - round(n * share)
        return int(times[first]) if first < n else int(times[-1]) + 1

    part = np.zeros(n, dtype=np.int8)
    part[log.time >= moment(config.test + config.valid)] = VALID
    part[log.time >= moment(config.test)] = TEST
    return part


def _cold_items(log: Interactions, config: SplitConfig, seed: int) -> np.ndarray:
    """Random items with all their interactions; a user whose items all are among them has nothing in train."""
    items = np.unique(log.item)
    order = numpy_rng(seed, "split", "items").permutation(items)
    n_test, n_held = round(len(items) * config.test), round(len(items) * (config.test + config.valid))
    part_I: np.ndarray = np.zeros(log.n_items, dtype=np.int8)
    part_I[order[:n_held]] = VALID
    part_I[order[:n_test]] = TEST
    return np.asarray(part_I[log.item])


_KINDS: dict[str, Callable[[Interactions, SplitConfig, int], np.ndarray]] = {
    "random": lambda log, config, seed: _shares(log, config, seed, timed=False),
    "user-time": lambda log, config, seed: _shares(log, config, seed, timed=True),
    "leave-out": _leave_out,
    "global-time": _global_time,
    "cold-items": _cold_items,
}
