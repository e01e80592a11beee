"""Statistics of comparisons: bootstrap over users, paired differences, t tests, several comparisons.

A figure is a mean over users, so users are what is drawn again. Draws are seeded and made in blocks of bounded memory;
the block size does not change the result.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from scipy.special import stdtr

from gnas.rng import numpy_rng

BLOCK_BYTES = 32 * 2**20
LEVEL = 0.95
"""Coverage that an interval aims at."""


@dataclass(frozen=True)
class Difference:
    """Mean of a − b over users, its interval, and the two-sided p of "no difference"."""

    difference: float
    low: float
    high: float
    p: float


def bootstrap_interval(values: np.ndarray, n: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Percentile interval of the mean (Efron, 1979), from `n` draws of users with replacement: its ends.

    `values` [n_users] holds one figure a user; `seed` names the draws.

    Raises:
        ValueError: no users, or a non-finite value.
    """
    return _percentiles(_resampled_means(_checked(values), n, seed))


def paired_bootstrap(a: np.ndarray, b: np.ndarray, n: int = 2000, seed: int = 0) -> Difference:
    """Interval and p-value of the mean of a − b, figures of two recommenders for the same users, [n_users] each.

    p is twice the share of resampled means on the far side of zero, counted with one draw more than was made, so that
    it is never 0 (Davison & Hinkley 1997, 4.2): the smallest is 2 / (n + 1). Equal inputs give p = 1.

    Raises:
        ValueError: different numbers of users, or as for `bootstrap_interval`.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"a paired comparison needs the same users on both sides, not {np.shape(a)} and {np.shape(b)}")
    difference_U = _checked(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64))
    means_N = _resampled_means(difference_U, n, seed)
    low, high = _percentiles(means_N)
    tail = int(min(np.count_nonzero(means_N <= 0), np.count_nonzero(means_N >= 0)))
    p = min(1.0, 2 * (1 + tail) / (n + 1))
    return Difference(float(difference_U.mean()), low, high, p)


def welch(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Two-sided p of Welch's t test; None where a sample has a single value, or neither varies."""
    if min(len(a), len(b)) < 2 or stdev(a) == stdev(b) == 0:
        return None
    from scipy.stats import ttest_ind_from_stats

    p = ttest_ind_from_stats(fmean(a), stdev(a), len(a), fmean(b), stdev(b), len(b), equal_var=False).pvalue
    return float(p)


def paired_t(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Two-sided p of Student's t test on the differences; None where there are too few or they do not vary."""
    leads = [x - y for x, y in zip(a, b, strict=True)]
    if len(leads) < 2 or stdev(leads) == 0:
        return None
    t = fmean(leads) / (stdev(leads) / math.sqrt(len(leads)))
    return float(2 * stdtr(len(leads) - 1, -abs(t)))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down correction (1979): p-values that hold for all comparisons at once, in the order given.

    The k-th smallest of m is multiplied by m − k + 1, never less than the one before it, never more than 1.
    """
    order = sorted(p_values, key=lambda name: p_values[name])
    adjusted: dict[str, float] = {}
    floor = 0.0
    for rank, name in enumerate(order):
        floor = max(floor, min(1.0, (len(order) - rank) * p_values[name]))
        adjusted[name] = floor
    return {name: adjusted[name] for name in p_values}


def _checked(values: np.ndarray) -> np.ndarray:
    values_U = np.asarray(values, dtype=np.float64)
    if values_U.ndim != 1 or len(values_U) == 0:
        raise ValueError(f"the bootstrap needs one value a user and at least one user, not shape {values_U.shape}")
    if not np.isfinite(values_U).all():
        raise ValueError(f"the bootstrap needs finite values; {np.count_nonzero(~np.isfinite(values_U))} are not")
    return values_U


def _resampled_means(values_U: np.ndarray, n: int, seed: int) -> np.ndarray:
    rng = numpy_rng(seed, "bootstrap")
    n_users = len(values_U)
    means_N = np.empty(n)
    rows = max(1, BLOCK_BYTES // (16 * n_users))
    for start in range(0, n, rows):
        stop = min(start + rows, n)
        drawn = rng.integers(n_users, size=(stop - start, n_users))
        means_N[start:stop] = values_U[drawn].mean(axis=1)
    return means_N


def _percentiles(means_N: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(means_N, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
