"""EASE as its paper writes it, and the three ways to the same scores."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import ItemGraph
from gnas.data.interactions import Interactions
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn import item_graph
from gnas.nn.item_graph import by_leading_directions, by_user_kernel, by_weights, fit_item_graph, weights
from gnas.nn.model import build
from gnas.nn.recommender import Recommender, Scored
from tests.nn.closed_form_worlds import all_scores, degree_power, normalized, world

WAYS: dict[str, Callable[[ItemGraph, Graph], Recommender]] = {
    "by_weights": by_weights,
    "by_user_kernel": by_user_kernel,
    "by_leading_directions": by_leading_directions,
}
SPECS = [
    ItemGraph(l2=5.0),
    ItemGraph(l2=2.0, user_norm=0.25, item_norm=0.3),
    ItemGraph(l2=1.0, dropout=0.4),
    ItemGraph(l2=3.0, dropout=0.2, user_norm=0.5, item_norm=0.5),
    ItemGraph(l2=3.0, user_norm=0.3, item_norm=0.2, user_shrink=4.0, item_shrink=2.5),
    ItemGraph(ridge=0.2, user_norm=0.3),
]


def textbook(dense_UI: np.ndarray, spec: ItemGraph) -> np.ndarray:
    """Algorithm 1 of the EASE paper, on the normalised matrix."""
    x_UI = normalized(dense_UI, spec.user_norm, spec.item_norm, spec.user_shrink, spec.item_shrink)
    x_UI *= np.sqrt(dense_UI.sum() / (x_UI**2).sum())
    gram = x_UI.T @ x_UI
    n, (n_users, n_items) = dense_UI.sum(), dense_UI.shape
    chance = n / n_users + n / n_items + 2 * n / np.sqrt(n_users * n_items)
    ridge = (spec.l2 if spec.ridge is None else spec.ridge * chance) + spec.dropout / (1 - spec.dropout) * np.diag(gram)
    inverse = np.linalg.inv(gram + np.diag(ridge))
    weight = inverse / -np.diag(inverse)
    np.fill_diagonal(weight, 0)
    return np.asarray(dense_UI * degree_power(dense_UI, 0, -spec.item_norm, spec.item_shrink) @ weight)


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", [(40, 15), (15, 40)], ids=["tall", "wide"])
def test_scores_are_those_of_ease(way: str, spec: ItemGraph, shape: tuple[int, int]) -> None:
    graph, dense_UI = world(*shape)
    scores = all_scores(WAYS[way](spec, graph), shape[0])
    np.testing.assert_allclose(scores, textbook(dense_UI, spec), atol=2e-4)


def test_every_column_is_a_ridge_regression_on_the_other_items() -> None:
    graph, dense_UI = world()
    weight = weights(ItemGraph(l2=4.0), graph).numpy().astype(float)
    for item in (0, 7):
        others = np.delete(np.arange(20), item)
        x_UO = dense_UI[:, others]
        solved = np.linalg.solve(x_UO.T @ x_UO + 4.0 * np.eye(19), x_UO.T @ dense_UI[:, item])
        np.testing.assert_allclose(weight[others, item], solved, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "side", "way"),
    [((40, 15), 50, "by_weights"), ((15, 40), 50, "by_user_kernel"), ((40, 15), 12, "by_leading_directions")],
)
def test_the_smallest_way_is_taken(
    shape: tuple[int, int], side: int, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_graph, "DENSE_SIDE", side)
    taken: list[str] = []
    for name in WAYS:
        monkeypatch.setattr(item_graph, name, lambda *_, name=name: taken.append(name))
    fit_item_graph(ItemGraph(), world(*shape)[0])
    assert taken == [way]


def test_few_directions_keep_the_ranking_where_the_ridge_is_strong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_graph, "LEADING", 16)
    graph, dense_UI = world(300, 200, density=0.05)
    spec = ItemGraph(l2=100.0, user_norm=0.25, item_norm=0.25)
    exact = np.where(dense_UI > 0, -np.inf, textbook(dense_UI, spec))[:-1]
    near = np.where(dense_UI > 0, -np.inf, all_scores(by_leading_directions(spec, graph), 300))[:-1]
    best_exact, best_near = (np.argsort(-scores, axis=1)[:, :20] for scores in (exact, near))
    shared = [len(set(a) & set(b)) / 20 for a, b in zip(best_exact, best_near, strict=True)]
    assert np.mean(shared) > 0.9


@pytest.mark.parametrize("l2", [0.5, 50.0])
def test_float32_is_enough_for_large_sides(l2: float, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, dense_UI = world(600, 150, density=0.3)
    spec = ItemGraph(l2=l2)
    monkeypatch.setattr(item_graph, "DOUBLE_SIDE", 0)
    np.testing.assert_allclose(all_scores(by_weights(spec, graph), 600), textbook(dense_UI, spec), atol=1e-3)


def test_float64_steps_in_where_float32_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_graph, "DOUBLE_SIDE", 0)
    column = torch.arange(3000.0, 4000.0, 20.0)[:, None]  # whole numbers below 2²⁴: exact in float32
    matrix = column @ column.t() + torch.eye(50)
    assert int(torch.linalg.cholesky_ex(matrix).info) > 0
    expected = torch.eye(50) - column @ column.t() / (1 + column.square().sum())  # Sherman & Morrison
    torch.testing.assert_close(item_graph._inverse(matrix), expected, atol=1e-4, rtol=0)
    with pytest.raises(TrialFailed, match="raise l2"):
        item_graph._inverse(-torch.eye(3))


def test_a_relative_ridge_is_measured_against_chance() -> None:
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((400, 300)) < 0.1)
    graph = build_graph(Interactions(user, item, 400, 300), torch.device("cpu"))
    centred_UI = np.zeros((400, 300))
    centred_UI[user, item] = 1
    centred_UI -= centred_UI.mean()
    assert graph.chance == pytest.approx(np.linalg.norm(centred_UI, 2) ** 2, rel=0.2)


def test_parameters_that_came_later_leave_identities_as_they_were() -> None:
    def name(**parameters: object) -> str:
        return ClosedForm(propagation=ItemGraph.model_validate(parameters)).identity

    plain = ("l2", "dropout", "user_norm", "item_norm")
    assert tuple(ItemGraph().canonical()["item_graph"]) == plain
    assert name(user_shrink=3.0) == name(item_shrink=3.0) == name()
    assert name(ridge=1.0, l2=3.0) == name(ridge=1.0) != name()
    assert name(user_norm=0.2, user_shrink=3.0) != name(user_norm=0.2)


@pytest.mark.parametrize("way", WAYS)
def test_empty_users_and_items_score_zero_and_all_is_finite(way: str) -> None:
    graph, _ = world()
    scores = all_scores(WAYS[way](ItemGraph(l2=0.1, dropout=0.5, user_norm=0.25, item_norm=0.25), graph), 30)
    assert np.isfinite(scores).all()
    assert (scores[-1] == 0).all()
    assert (scores[:, -1] == 0).all()


@pytest.mark.parametrize("way", WAYS)
def test_a_graph_without_interactions_scores_zero(way: str) -> None:
    graph, _ = world(density=0.0)
    assert (all_scores(WAYS[way](ItemGraph(user_norm=0.3), graph), 30) == 0).all()


def test_build_makes_it_the_gram_matrix_stays_whole_and_scores_may_be_written_into() -> None:
    graph, dense_UI = world()
    architecture = ClosedForm(propagation=ItemGraph(item_norm=0.25))
    recommender = build(architecture, graph, seed=0)
    assert isinstance(recommender, Scored)
    assert recommender.architecture is not None
    assert recommender.architecture.identity == architecture.identity
    np.testing.assert_array_equal(graph.item_gram().numpy(), dense_UI.T @ dense_UI)
    users = torch.arange(3)
    kept = recommender.score(users).clone()
    recommender.score(users).fill_(-torch.inf)
    assert torch.equal(recommender.score(users), kept)
    assert recommender.n_parameters == 20 * 19
