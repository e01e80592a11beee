"""Bootstrap and Holm against scipy, simulation and examples by hand."""

import numpy as np
import pytest
from scipy import stats

from gnas.evaluate import statistics
from gnas.evaluate.statistics import bootstrap_interval, holm, paired_bootstrap, paired_t, welch


@pytest.fixture
def skewed() -> np.ndarray:
    return np.random.default_rng(5).beta(0.4, 2.0, size=300)


def test_interval_agrees_with_scipy(skewed: np.ndarray) -> None:
    low, high = bootstrap_interval(skewed, n=20_000, seed=1)
    theirs = stats.bootstrap(
        (skewed,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert low == pytest.approx(theirs.low, abs=0.03 * width)
    assert high == pytest.approx(theirs.high, abs=0.03 * width)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    truth = 0.4 / 2.4
    worlds = [bootstrap_interval(rng.beta(0.4, 2.0, size=200), n=400, seed=world) for world in range(400)]
    covered = np.mean([low <= truth <= high for low, high in worlds])
    assert 0.91 <= covered <= 0.98


def test_p_is_uniform_where_nothing_differs_and_small_where_something_does() -> None:
    rng = np.random.default_rng(1)
    base = rng.random((400, 150))
    null = [paired_bootstrap(row + rng.normal(0, 0.1, 150), row, n=400, seed=world).p for world, row in enumerate(base)]
    assert 0.02 <= np.mean(np.array(null) < 0.05) <= 0.09
    assert 0.42 <= np.mean(np.array(null) < 0.5) <= 0.58
    better = paired_bootstrap(base[0] + 0.05 + rng.normal(0, 0.1, 150), base[0], n=2000)
    assert better.low > 0
    assert better.p == pytest.approx(2 / 2001)


def test_pairing_sees_a_difference_that_separate_intervals_hide() -> None:
    rng = np.random.default_rng(2)
    a = rng.random(300)
    b = a - 0.01 + rng.normal(0, 0.02, 300)
    (low_a, _), (_, high_b) = bootstrap_interval(a), bootstrap_interval(b)
    together = paired_bootstrap(a, b)
    assert high_b > low_a
    assert together.low > 0
    assert together.difference == pytest.approx(np.mean(a - b))


def test_swapping_sides_mirrors_the_outcome(skewed: np.ndarray) -> None:
    other = np.roll(skewed, 1) * 1.05
    there, back = paired_bootstrap(skewed, other, seed=3), paired_bootstrap(other, skewed, seed=3)
    assert (there.difference, there.low, there.high) == pytest.approx((-back.difference, -back.high, -back.low))
    assert there.p == back.p


def test_equal_recommenders_do_not_differ(skewed: np.ndarray) -> None:
    same = paired_bootstrap(skewed, skewed)
    assert (same.difference, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)


def test_block_size_does_not_change_the_draws(skewed: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap_interval(skewed, n=500, seed=4)
    monkeypatch.setattr(statistics, "BLOCK_BYTES", 16 * 300 * 7)
    assert bootstrap_interval(skewed, n=500, seed=4) == whole
    assert bootstrap_interval(skewed, n=500, seed=5) != whole


def test_holm_against_a_hand_example() -> None:
    # m = 4, sorted .005 .01 .03 .04: 4×.005, 3×.01, 2×.03, and 1×.04 raised to the one before it.
    adjusted = holm({"ease": 0.01, "gf-cf": 0.04, "ials": 0.03, "popularity": 0.005})
    assert adjusted == pytest.approx({"ease": 0.03, "gf-cf": 0.06, "ials": 0.06, "popularity": 0.02})
    assert list(adjusted) == ["ease", "gf-cf", "ials", "popularity"]
    assert holm({"one": 0.8, "two": 0.9}) == {"one": 1.0, "two": 1.0}
    assert holm({}) == {}


@pytest.mark.parametrize(
    ("values", "words"),
    [(np.array([]), "at least one user"), (np.array([0.1, np.nan]), "finite values; 1 are not")],
)
def test_senseless_input_is_refused(values: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bootstrap_interval(values)


def test_different_users_are_refused() -> None:
    with pytest.raises(ValueError, match="same users on both sides"):
        paired_bootstrap(np.zeros(3), np.zeros(4))


def test_welch_equals_scipy() -> None:
    rng = np.random.default_rng(0)
    for n, m in ((3, 3), (4, 2), (10, 5)):
        a, b = rng.normal(0, 1, n).tolist(), rng.normal(0.5, 2, m).tolist()
        assert welch(a, b) == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)


def test_welch_says_nothing_of_a_single_value_or_of_what_does_not_vary() -> None:
    assert welch([0.5, 0.52, 0.49], [0.6]) is None
    assert welch([0.5], [0.6]) is None
    assert welch([0.5, 0.5], [0.5, 0.5]) is None
    assert welch([0.5, 0.5], [0.5, 0.6]) == pytest.approx(0.5)


def test_the_paired_test_is_students_on_the_differences() -> None:
    a, b = (0.31, 0.28, 0.35), (0.30, 0.26, 0.35)
    assert paired_t(a, b) == pytest.approx(stats.ttest_rel(a, b).pvalue)
    assert paired_t((0.5, 0.25), (0.25, 0.0)) is None, "differences without spread"
    assert paired_t((0.3,), (0.2,)) is None
