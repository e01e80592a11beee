"""Behaviours in closed forms and trained candidates, against dense formulas; and planted worlds that need them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import ALS, ItemGraph, Spectral, TwoHop
from gnas.data.interactions import Interactions
from gnas.errors import ConfigError
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn import als
from gnas.nn.item_graph import by_leading_directions, by_user_kernel, by_weights
from gnas.nn.model import Candidate, build
from gnas.nn.recommender import Recommender
from gnas.nn.together import hiding
from tests.forms import trained
from tests.nn.closed_form_worlds import all_scores
from tests.nn.small_world import rng

CPU = torch.device("cpu")


def log_of(matrix: np.ndarray) -> Interactions:
    user, item = np.nonzero(matrix)
    return Interactions(user, item, *matrix.shape)


def worlds(n_users: int = 30, n_items: int = 20) -> tuple[Graph, np.ndarray, dict[str, np.ndarray]]:
    """A graph with two behaviours, and the dense matrices of all three; somebody has nothing, somebody a cart alone."""
    generator = np.random.default_rng(4)
    dense = {name: (generator.random((n_users, n_items)) < p).astype(float) for name, p in
             (("buy", 0.2), ("cart", 0.25), ("view", 0.1))}  # fmt: skip
    for matrix in dense.values():
        matrix[-1] = 0
    dense["buy"][0] = 0
    logs = {name: log_of(matrix) for name, matrix in dense.items()}
    target = dense.pop("buy")
    return build_graph(logs.pop("buy"), CPU, logs), target, dense


def heaviest(target: np.ndarray, others: dict[str, np.ndarray], weight: dict[str, float]) -> np.ndarray:
    return np.asarray(np.maximum.reduce([target, *(others[name] * each for name, each in weight.items())]))


def normal(matrix: np.ndarray, user: float, item: float) -> np.ndarray:
    sums = matrix.sum(1), matrix.sum(0)
    user_U, item_I = (np.where(s > 0, np.where(s > 0, s, 1) ** -e, 0) for s, e in zip(sums, (user, item), strict=True))
    return np.asarray(user_U[:, None] * matrix * item_I)


WEIGHT, HISTORY = {"cart": 0.6, "view": 0.2}, {"cart": 0.3}


@pytest.mark.parametrize("way", [by_weights, by_user_kernel, by_leading_directions])
@pytest.mark.parametrize("history", [{}, HISTORY], ids=["own", "other"])
@pytest.mark.parametrize("norms", [(0.0, 0.0), (0.3, 0.2)])
def test_the_item_graph_learns_from_all_and_scores_by_the_history(
    way: Callable[[ItemGraph, Graph], Recommender], history: dict[str, float], norms: tuple[float, float]
) -> None:
    graph, target, others = worlds()
    learned, own = heaviest(target, others, WEIGHT), heaviest(target, others, history)
    x = normal(learned, *norms)
    x *= np.sqrt((learned**2).sum() / (x**2).sum())
    inverse = np.linalg.inv(x.T @ x + 3.0 * np.eye(20))
    b = inverse / -np.diag(inverse)
    np.fill_diagonal(b, 0)
    item_I = learned.sum(0) ** -norms[1]
    scores = all_scores(
        way(ItemGraph(l2=3.0, user_norm=norms[0], item_norm=norms[1]), graph.together(WEIGHT, history)), 30
    )
    np.testing.assert_allclose(scores, (own * item_I) @ b, atol=2e-4)


def test_walks_and_filters_go_over_all() -> None:
    graph, target, others = worlds()
    learned, own = heaviest(target, others, WEIGHT), heaviest(target, others, HISTORY)
    together = graph.together(WEIGHT, HISTORY)
    p = normal(learned, 0.5, 0.5)
    np.testing.assert_allclose(all_scores(Spectral(ideal=0.0).build(together), 30), own @ p.T @ p, atol=1e-5)
    user, item = learned.sum(1) + 2.0, learned.sum(0)
    walk = np.diag((item + 1.0) ** -0.5) @ learned.T @ np.diag(np.where(user > 2, user**-0.6, 0)) @ learned
    walk = walk @ np.diag((item + 4.0) ** -0.4)
    spec = TwoHop(user_norm=0.3, user_shrink=2.0, in_norm=0.5, in_shrink=1.0, out_norm=0.4, out_shrink=4.0)
    np.testing.assert_allclose(all_scores(spec.build(together), 30), own @ walk, atol=1e-5)


def test_confidences_of_als_are_the_weights() -> None:
    graph, target, others = worlds()
    learned = heaviest(target, others, WEIGHT)
    matrix = graph.together(WEIGHT, {}).user_item
    other = torch.randn(20, 3, generator=rng())
    reg = torch.rand(30, generator=rng(1)) + 0.5
    found = als.solve(matrix, torch.zeros(30, 3), other, 0.1, reg, steps=20).numpy()
    h = other.numpy().astype(float)
    for user in range(30):
        c = learned[user]
        solved = np.linalg.solve((h * (c + 0.1)[:, None]).T @ h + float(reg[user]) * np.eye(3), h.T @ c)
        np.testing.assert_allclose(found[user], solved, atol=1e-4)
    assert np.isfinite(all_scores(ALS(rank=4).build(graph.together(WEIGHT, HISTORY)), 30)).all()


def solved(**uses: dict[str, float]) -> ClosedForm:
    return ClosedForm.model_validate({"propagation": {"item_graph": {"l2": 3.0}}, "behaviours": uses})


def test_the_bonus_is_the_conversion_of_the_item_times_the_size_of_scores() -> None:
    graph, target, others = worlds()
    plain = all_scores(build(solved(), graph, 0), 30)
    cart, view = others["cart"], others["view"]

    def conversion(matrix: np.ndarray, shrink: float) -> np.ndarray:
        mean = (matrix * target).sum() / matrix.sum()
        return np.asarray(((matrix * target).sum(0) + shrink * mean) / (matrix.sum(0) + shrink) / mean)

    known = np.flatnonzero(target.sum(1))
    size = np.sqrt((plain[known] ** 2).mean())
    wanted = plain + size * (5.0 * cart * conversion(cart, 10.0) - 2.0 * view * conversion(view, 100.0))
    found = build(solved(cart={"bonus": 5.0, "shrink": 10.0}, view={"bonus": -2.0}), graph, 0)
    np.testing.assert_allclose(all_scores(found, 30), wanted, atol=1e-5)


def test_nothing_made_of_behaviours_is_the_same_candidate() -> None:
    graph, *_ = worlds()
    idle = solved(cart={"weight": 0.0, "shrink": 5.0})
    assert idle.identity == solved().identity == ClosedForm(propagation=ItemGraph(l2=3.0)).identity
    assert Architecture.model_validate({"behaviours": {"cart": "none"}}).identity == Trained().identity
    history = Architecture.model_validate({"behaviours": {"cart": {"history": 1.0}}})
    assert history.identity == Trained().identity  # which what is trained does not have
    assert graph.together({"cart": 0.0}, {}) is graph
    assert solved(cart={"weight": 0.5, "bonus": 12.0}).words.endswith("cart w0.5 +12")


def test_the_same_weights_share_one_graph() -> None:
    graph, *_ = worlds()
    assert graph.together({"cart": 0.5}, {}) is graph.together({"cart": 0.5, "view": 0.0}, {})
    assert graph.together({"cart": 0.5}, {}).history is graph.user_item


def test_behaviours_that_the_data_lack_are_refused() -> None:
    graph, *_ = worlds()
    with pytest.raises(
        ConfigError, match=r"behaviours.crat: the data have no behaviour of this name \(did you mean 'cart'"
    ):
        build(solved(crat={"weight": 1.0}), graph, 0)
    bare = build_graph(Interactions(np.array([0, 1]), np.array([1, 0]), 2, 2), CPU)
    with pytest.raises(ConfigError, match=r"they have none; see data.behaviours"):
        build(solved(cart={"weight": 1.0}), bare, 0)


def lightgcn(**uses: dict[str, float]) -> Trained:
    tree: dict[str, Any] = {"propagation": {"lightgcn": {"depth": 1, "combine": "last"}}, "dim": 4, "behaviours": uses}
    return trained(Architecture.model_validate(tree))


def test_a_trained_candidate_propagates_over_all() -> None:
    graph, target, others = worlds()
    model = build(lightgcn(cart={"weight": 0.6}, view={"weight": 0.2}), graph, 0)
    assert isinstance(model, Candidate)
    p = normal(heaviest(target, others, WEIGHT), 0.5, 0.5)
    user, item = (part.detach().numpy().astype(float) for part in model.split(model.embedding))
    scores = (p @ item) @ (p.T @ user).T
    np.testing.assert_allclose(all_scores(model, 30), scores, atol=1e-5)
    with_bonus = build(lightgcn(cart={"weight": 0.6, "bonus": 3.0}, view={"weight": 0.2}), graph, 0)
    more = all_scores(with_bonus, 30) - scores
    assert (more[others["cart"] > 0] > 0).all()
    np.testing.assert_allclose(more[others["cart"] == 0], 0, atol=1e-5)


def test_a_hidden_pair_keeps_what_its_other_behaviours_weigh() -> None:
    graph, target, others = worlds()
    architecture = lightgcn(cart={"weight": 0.6})
    user, item = np.nonzero(target)
    kept = torch.ones(len(user))
    kept[::2] = 0
    together = graph.together({"cart": 0.6}, {}).interactions
    factor = hiding(together, graph, architecture.behaviours)(kept)
    left = target.copy()
    left[user[::2], item[::2]] = 0
    dense = torch.sparse_csr_tensor(
        together.matrix.csr.crow_indices(), together.matrix.csr.col_indices(), together.matrix.value * factor, (30, 20)
    ).to_dense()
    np.testing.assert_allclose(dense.numpy(), heaviest(left, others, {"cart": 0.6}), atol=1e-6)


@pytest.mark.parametrize("propagation", ["item_graph", "two_hop", "spectral", "als"])
def test_what_the_target_hardly_says_is_found_in_another_behaviour(propagation: str) -> None:
    """Blocks of users like blocks of items: one purchase each, many views. A relation of noise does not help."""
    generator = np.random.default_rng(1)
    n_users, n_items, blocks = 120, 60, 4
    of_user, of_item = generator.permutation(n_users) % blocks, generator.permutation(n_items) % blocks
    same = of_user[:, None] == of_item
    view = generator.random((n_users, n_items)) < np.where(same, 0.5, 0.03)
    noise = generator.random((n_users, n_items)) < 0.2
    buy = np.zeros((n_users, n_items), dtype=bool)
    for user in range(n_users):
        buy[user, generator.choice(np.flatnonzero(same[user]))] = True
    logs = {name: log_of(matrix) for name, matrix in
            (("buy", buy), ("view", view), ("noise", noise))}  # fmt: skip
    graph = build_graph(logs.pop("buy"), CPU, logs)

    def precision(**uses: dict[str, float]) -> float:
        tree = {"propagation": {propagation: {"l2": 20.0} if propagation == "item_graph" else {}}, "behaviours": uses}
        scores = all_scores(build(Architecture.model_validate(tree), graph, 0), n_users)
        scores[buy] = -np.inf
        best = np.argsort(-scores, axis=1)[:, :5]
        return float(np.take_along_axis(same, best, axis=1).mean())

    alone, helped = precision(), precision(view={"weight": 1.0, "history": 1.0})
    assert helped > 0.9
    assert helped > alone + 0.2
    assert precision(noise={"weight": 1.0, "history": 1.0}) < helped - 0.2
