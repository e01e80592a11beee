"""Functions of a spectrum against the dense eigendecomposition."""

import numpy as np
import pytest
import torch

from gnas.nn import deflated
from gnas.nn.deflated import Deflated, interpolated
from tests.nn.closed_form_worlds import world


def ridge(square: np.ndarray) -> np.ndarray:
    return square / (30.0 + square)


def exact(dense_UI: np.ndarray) -> np.ndarray:
    value, vector = np.linalg.eigh(dense_UI.T @ dense_UI)
    return np.asarray(vector * ridge(value) @ vector.T)


@pytest.mark.parametrize(("leading", "degree"), [(20, 1), (8, 5), (8, 2), (3, 3), (1, 1)])
@pytest.mark.parametrize("shape", [(300, 20), (30, 60)], ids=["tall", "wide"])
def test_it_misses_the_function_by_no_more_than_it_says(leading: int, degree: int, shape: tuple[int, int]) -> None:
    graph, dense_UI = world(*shape)
    made = Deflated(graph.user_item, ridge, leading, degree)
    missed_UI = made(graph.user_item.rows(torch.arange(shape[0]))).numpy() - dense_UI @ exact(dense_UI)
    missed, length = (np.linalg.norm(part, axis=1) for part in (missed_UI, dense_UI))
    assert (missed <= (1.001 * made.error + 1e-3) * length).all()
    assert leading == 1 or made.error < 0.2


def test_the_error_is_known_and_falls_with_the_degree_and_the_lowest_that_does_is_taken() -> None:
    errors = [interpolated(ridge, 60.0, degree)[1] for degree in range(1, 6)]
    assert errors == sorted(errors, reverse=True)
    graph, _ = world(300, 20)
    made = Deflated(graph.user_item, ridge, 8, 4, tolerance=0.03)
    assert 1 < made.degree < 4
    assert made.error <= 0.03
    assert interpolated(ridge, made.end, made.degree - 1)[1] > 0.03 * 0.9


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_the_diagonal_is_that_of_the_matrix(degree: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflated, "PROBES", 4096)
    graph, _ = world(200, 60, density=0.1)
    made = Deflated(graph.user_item, ridge, 10, degree)
    one_II = torch.eye(60).to_sparse_csr()
    np.testing.assert_allclose(made.diagonal().numpy(), made(one_II).diagonal().numpy(), atol=0.015)
