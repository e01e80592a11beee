"""The graph of 4 users and 3 items against dense matrices written out from its pairs."""

import numpy as np
import pytest
import torch

from gnas.graph import factors
from gnas.graph.bipartite import build_graph
from gnas.graph.sparse import SparseMatrix, kept_edges
from tests.graph.small_graph import CPU, PAIRS, dense_adjacency, dense_links, interactions, small_graph


def dropped(matrix: SparseMatrix, rate: float, generator: torch.Generator) -> SparseMatrix:
    return matrix.reweighted(kept_edges(matrix.n_edges, rate, generator, matrix.value))


def test_counts_and_merged_duplicates() -> None:
    graph = small_graph()
    assert (graph.n_users, graph.n_items, graph.n_nodes, graph.n_interactions) == (4, 3, 7, len(PAIRS))
    assert graph.user_item.csr.to_dense().nonzero().tolist() == [list(pair) for pair in PAIRS]
    assert torch.equal(graph.degree_N, dense_links().sum(1))
    assert graph.device == CPU


@pytest.mark.parametrize("self_loops", [False, True])
@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.5, 1.0])
def test_adjacency(exponent: float, self_loops: bool) -> None:
    graph = small_graph()
    matrix = graph.interactions.adjacency(exponent, self_loops)
    expected = dense_adjacency(exponent, self_loops)
    torch.testing.assert_close(matrix.csr.to_dense(), expected)
    torch.testing.assert_close(matrix.transposed.csr.to_dense(), expected.t())
    assert graph.interactions.adjacency(exponent, self_loops) is matrix
    assert (matrix.transposed is matrix) == (exponent == 0.5)
    x = torch.randn(7, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    weight = torch.randn(7, 5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(matrix.matmul(x), expected @ x)
    (gradient,) = torch.autograd.grad((matrix.matmul(x) * weight).sum(), x)
    torch.testing.assert_close(gradient, expected.t() @ weight)


def test_left_normalisation_is_the_mean_over_neighbours() -> None:
    rows = small_graph().interactions.adjacency(0.0).csr.to_dense().sum(1)
    torch.testing.assert_close(rows, torch.tensor([1.0, 1, 1, 0, 1, 1, 1]))


def test_plain_links() -> None:
    assert torch.equal(small_graph().interactions.adjacency(None).csr.to_dense(), dense_links())
    assert torch.equal(
        small_graph().interactions.adjacency(None, self_loops=True).csr.to_dense(), dense_links() + torch.eye(7)
    )


@pytest.mark.parametrize("self_loops", [False, True])
def test_dropout_takes_whole_interactions_and_keeps_the_mean(self_loops: bool) -> None:
    graph = small_graph()
    whole = graph.interactions.adjacency(0.5, self_loops).csr.to_dense()
    generator = torch.Generator().manual_seed(0)
    drawn = [dropped(graph.interactions.adjacency(0.5, self_loops), 0.4, generator).csr.to_dense() for _ in range(2000)]
    every = torch.stack(drawn)
    assert torch.equal(every, every.mT)
    assert torch.equal(every.diagonal(dim1=1, dim2=2), whole.diagonal().expand(2000, 7))
    links = ~torch.eye(7, dtype=torch.bool) & (whole > 0)
    scaled = every[:, links] / whole[links]
    assert torch.allclose(scaled[scaled > 0], torch.tensor(1 / 0.6))
    torch.testing.assert_close(scaled.mean(0), torch.ones(scaled.shape[1]), atol=0.1, rtol=0)


def test_dropout_of_an_asymmetric_matrix_has_the_matching_transpose() -> None:
    matrix = dropped(small_graph().interactions.adjacency(0.0), 0.5, torch.Generator().manual_seed(1))
    torch.testing.assert_close(matrix.transposed.csr.to_dense(), matrix.csr.to_dense().t())
    assert 0 < int((matrix.value == 0).sum()) < matrix.nnz


def test_dropout_repeats_with_its_seed() -> None:
    graph = small_graph()
    one, two = (
        dropped(graph.interactions.adjacency(0.5), 0.5, torch.Generator().manual_seed(7)).value for _ in range(2)
    )
    assert torch.equal(one, two)


def test_nodes_without_interactions_stay_finite() -> None:
    graph = build_graph(interactions([(1, 2), (2, 2)], 4, 5), CPU)
    for exponent in (0.0, 0.5, 1.0):
        for loops in (False, True):
            assert graph.interactions.adjacency(exponent, loops).value.isfinite().all()
    assert graph.normalized().value.isfinite().all()
    assert graph.svd(3).user_UK.isfinite().all()
    assert graph.item_gram().isfinite().all()


def planted(n_users: int, n_items: int, seed: int) -> np.ndarray:
    """A 0/1 matrix of three overlapping tastes."""
    rng = np.random.default_rng(seed)
    taste = rng.gamma(0.4, 1, (n_users, 3)) @ rng.gamma(0.4, 1, (3, n_items))
    return (rng.random((n_users, n_items)) < np.minimum(0.3 * taste, 0.9)).astype(np.float64)


@pytest.mark.parametrize(("n_users", "n_items"), [(90, 60), (60, 90)])
@pytest.mark.parametrize("exact", [True, False])
def test_svd_of_the_normalised_matrix(n_users: int, n_items: int, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exact:
        monkeypatch.setattr(factors, "EXACT_BELOW", 0)
    matrix = planted(n_users, n_items, 0)
    graph = build_graph(interactions(np.argwhere(matrix), n_users, n_items), CPU)
    scale = [np.where(d > 0, np.maximum(d, 1) ** -0.5, 0) for d in (matrix.sum(1), matrix.sum(0))]
    normal = scale[0][:, None] * matrix * scale[1]
    singular = np.linalg.svd(normal, compute_uv=False)
    found = factors.truncated_svd(graph.normalized(), 20)
    np.testing.assert_allclose(found.singular_K, singular[:20], rtol=2e-3)
    np.testing.assert_allclose(found.user_UK.T @ found.user_UK, np.eye(20), atol=2e-3)
    np.testing.assert_allclose(found.item_IK.T @ found.item_IK, np.eye(20), atol=1e-4)
    best = np.linalg.norm(singular[20:])
    rest = np.linalg.norm(normal - (found.user_UK * found.singular_K).numpy() @ found.item_IK.numpy().T)
    assert rest < 1.001 * best


@pytest.mark.parametrize("exact", [True, False])
def test_svd_beyond_the_rank_is_zero(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exact:
        monkeypatch.setattr(factors, "EXACT_BELOW", 0)
    graph = build_graph(interactions([(u, i) for u in range(6) for i in range(5) if u % 2 == i % 2], 6, 5), CPU)
    found = graph.svd(4)
    np.testing.assert_allclose(found.singular_K, [1, 1, 0, 0], atol=1e-6)
    assert not found.user_UK[:, 2:].any()
    assert not found.item_IK[:, 2:].any()


def test_svd_does_not_depend_on_what_was_asked_before() -> None:
    pairs = np.argwhere(planted(200, 150, 1))
    fresh, used = (build_graph(interactions(pairs, 200, 150), CPU) for _ in range(2))
    used.svd(128)
    assert torch.equal(fresh.svd(20).item_IK, used.svd(20).item_IK)
    assert used.svd(20).item_IK.shape == (150, 20)
    assert used.svd(5000).item_IK.shape == (150, 150)


@pytest.mark.parametrize("exponent", [0.0, 0.25])
def test_item_gram(exponent: float) -> None:
    matrix = planted(40, 30, 2)
    graph = build_graph(interactions(np.argwhere(matrix), 40, 30), CPU)
    scaled = np.maximum(matrix.sum(1), 1)[:, None] ** -exponent * matrix
    np.testing.assert_allclose(graph.item_gram(exponent), scaled.T @ scaled, rtol=1e-5, atol=1e-6)
    assert graph.item_gram(exponent) is graph.item_gram(exponent)
