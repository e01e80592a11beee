"""Each baseline against a naive dense reference that shares no code with it."""

import numpy as np
import pytest
import torch

from gnas.baselines import BASELINES, neighbours
from gnas.baselines.bias import fit_bias, fit_mean, fit_popularity
from gnas.baselines.neighbours import fit_item_knn, fit_rp3beta
from gnas.config.closed_forms import ALS
from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.graph.bipartite import build_graph
from gnas.nn.als import fit_als
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng
from tests.baselines.baseline_worlds import CPU, World, random_world


@pytest.fixture(scope="module")
def world() -> World:
    return random_world()


def scores_of(recommender: Recommender) -> np.ndarray:
    return recommender.score(torch.arange(recommender.n_users)).numpy().astype(float)


def test_popularity_counts(world: World) -> None:
    np.testing.assert_array_equal(scores_of(fit_popularity(world.graph)), np.tile(world.dense_UI.sum(0), (40, 1)))


@pytest.mark.parametrize(("k", "shrink"), [(4, 3.0), (25, 0.0), (1, 10.0)])
@pytest.mark.parametrize("block_bytes", [2**20, 4 * 25 * 6])
def test_item_knn_is_a_loop_over_pairs(
    world: World, k: int, shrink: float, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", block_bytes)
    dense_UI = world.dense_UI
    expected = np.zeros((40, 25))
    for j in range(25):
        similarity = np.zeros(25)
        for i in range(25):
            both, norm = dense_UI[:, i] @ dense_UI[:, j], np.sqrt(dense_UI[:, i].sum() * dense_UI[:, j].sum()) + shrink
            similarity[i] = both / norm if i != j and both > 0 else 0.0
        nearest = np.argsort(-similarity, kind="stable")[:k]
        expected[:, j] = dense_UI[:, nearest] @ similarity[nearest]
    _same_up_to_ties(scores_of(fit_item_knn(world.graph, k, shrink)), expected, dense_UI, k)


@pytest.mark.parametrize(("alpha", "beta", "k"), [(1.0, 0.6, 25), (0.7, 0.3, 25), (1.0, 0.0, 6)])
def test_rp3beta_is_the_product_of_transition_matrices(world: World, alpha: float, beta: float, k: int) -> None:
    dense_UI = world.dense_UI
    n_U, n_I = np.maximum(dense_UI.sum(1), 1), np.maximum(dense_UI.sum(0), 1)
    to_users = (dense_UI.T / n_I[:, None]) ** alpha
    to_items = (dense_UI / n_U[:, None]) ** alpha
    weight = to_users @ to_items / n_I**beta
    np.fill_diagonal(weight, 0)
    for row in weight:
        row[np.argsort(-row, kind="stable")[k:]] = 0
    _same_up_to_ties(scores_of(fit_rp3beta(world.graph, alpha, beta, k)), dense_UI @ weight, dense_UI, k)


def test_ease_is_the_textbook_formula(world: World) -> None:
    l2 = 0.5 * world.graph.chance
    inverse = np.linalg.inv(world.dense_UI.T @ world.dense_UI + l2 * np.eye(25))
    weight = -inverse / np.diag(inverse)
    np.fill_diagonal(weight, 0)
    np.testing.assert_allclose(
        scores_of(BASELINES["ease"].fit(world.graph, ridge=0.5)), world.dense_UI @ weight, atol=1e-5
    )


def test_gfcf_is_the_formula_of_its_paper(world: World) -> None:
    root_U, root_I = (np.sqrt(np.maximum(world.dense_UI.sum(axis), 1)) for axis in (1, 0))
    unit_UI = world.dense_UI / root_U[:, None] / root_I
    right = np.linalg.svd(unit_UI)[2][:6]
    expected = world.dense_UI @ (unit_UI.T @ unit_UI + 0.5 * (right.T / root_I[:, None]) @ (right * root_I))
    np.testing.assert_allclose(scores_of(BASELINES["gf-cf"].fit(world.graph, alpha=0.5, rank=6)), expected, atol=1e-4)


def _exact_als(
    dense_UI: np.ndarray, dim: int, unobserved: float, l2: float, sweeps: int, start: np.ndarray
) -> np.ndarray:
    n_users = len(dense_UI)
    user_UD, item_ID = start[:n_users].copy(), start[n_users:].copy()
    for _ in range(sweeps):
        for own, other, taken in ((user_UD, item_ID, dense_UI), (item_ID, user_UD, dense_UI.T)):
            for row in range(len(own)):
                some = other[taken[row] > 0]
                regular = l2 * (len(some) + unobserved * len(other)) / (taken.sum(1).mean() + unobserved * len(other))
                matrix = some.T @ some + unobserved * other.T @ other + regular * np.eye(dim)
                own[row] = np.linalg.solve(matrix, some.sum(0))
    return np.asarray(user_UD @ item_ID.T)


def test_ials_is_alternating_exact_solutions(world: World) -> None:
    dim, unobserved, l2 = 5, 0.2, 0.4
    start = torch.randn(65, dim, generator=torch_rng(CPU, 3, "ials")).numpy().astype(float) * 0.1 / dim**0.5
    expected = _exact_als(world.dense_UI, dim, unobserved, l2, 4, start)
    ours = fit_als(ALS(rank=dim, unobserved=unobserved, l2=l2, sweeps=4), world.graph, steps=15, seed=3)
    np.testing.assert_allclose(scores_of(ours), expected, atol=1e-3)


def test_relative_weights_of_ials_are_those_of_the_data(world: World) -> None:
    taken = world.dense_UI
    n, (n_users, n_items) = taken.sum(), taken.shape
    edge = np.sqrt(n / n_users) + np.sqrt(n / n_items)
    plain = ALS(rank=5, unobserved=float(2.0 * n / taken.size), l2=float(0.1 * edge))
    relative = fit_als(ALS(rank=5, mass=2.0, ridge=0.1), world.graph)
    np.testing.assert_allclose(scores_of(relative), scores_of(fit_als(plain, world.graph)), atol=1e-4)
    assert "mass" not in str(ALS().canonical())
    assert ALS(mass=2.0, unobserved=0.5).canonical() == ALS(mass=2.0).canonical()


def test_few_conjugate_gradient_steps_lower_the_loss_of_ials_as_exact_ones_do(world: World) -> None:
    def loss(score_UI: np.ndarray) -> float:
        return float((world.dense_UI * (1 - score_UI) ** 2).sum() + 0.2 * (score_UI**2).sum())

    few, exact = (fit_als(ALS(rank=5, unobserved=0.2, l2=0.01), world.graph, steps=steps) for steps in (3, 15))
    assert loss(scores_of(few)) < 1.02 * loss(scores_of(exact)) < 0.5 * world.dense_UI.sum()


def test_ials_with_other_seeds_differs_little_in_loss_but_not_in_bits(world: World) -> None:
    one, other = (scores_of(fit_als(ALS(rank=5), world.graph, seed=seed)) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_bias_is_its_three_shrunken_means() -> None:
    world = random_world(ratings=True)
    rating_UI = np.zeros((40, 25))
    assert world.train.rating is not None
    rating_UI[world.train.user, world.train.item] = world.train.rating
    taken = world.dense_UI
    mean = rating_UI.sum() / taken.sum()
    item = (taken * (rating_UI - mean)).sum(0) / (taken.sum(0) + 4.0)
    user = (taken * (rating_UI - mean - item)).sum(1) / (taken.sum(1) + 2.0)
    expected = mean + user[:, None] + item
    np.testing.assert_allclose(scores_of(fit_bias(world.graph, 4.0, 2.0)), expected, atol=1e-5)
    np.testing.assert_allclose(scores_of(fit_mean(world.graph)), np.full((40, 25), mean), atol=1e-5)
    assert expected[-1, -1] == pytest.approx(mean)


def test_repeated_ratings_count_once_with_their_mean() -> None:
    train = Interactions(np.array([1, 0, 1]), np.array([0, 1, 0]), 2, 2, rating=np.array([1.0, 5.0, 4.0], np.float32))
    graph = build_graph(train, CPU)
    assert graph.rating_E is not None
    assert graph.rating_E.tolist() == [5.0, 2.5]
    assert float(fit_mean(graph).score(torch.tensor([0]))[0, 0]) == 3.75


def test_rating_prediction_without_ratings_is_refused(world: World) -> None:
    with pytest.raises(DataError, match="needs a rating column"):
        fit_bias(world.graph)


def _same_up_to_ties(ours: np.ndarray, expected: np.ndarray, dense_UI: np.ndarray, k: int) -> None:
    """Where several items are equally near, either may be kept, so that a few scores differ."""
    if k >= dense_UI.shape[1]:
        np.testing.assert_allclose(ours, expected, atol=1e-5)
        return
    agreeing = np.isclose(ours, expected, atol=1e-5).mean()
    assert agreeing > 0.9, agreeing
