"""Every filter against the dense eigendecomposition, GF-CF against the formula of its paper."""

import numpy as np
import pytest
import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import Spectral
from gnas.nn import spectral
from gnas.nn.model import build
from gnas.nn.recommender import Recommender
from gnas.nn.spectral import Filter, fit_spectral, response_coefficients
from tests.nn.closed_form_worlds import all_scores, degree_power, normalized, world


def wanted_response(spec: Spectral, eigenvalue_I: np.ndarray) -> np.ndarray:
    """h on the eigenvalues, from the polynomial through the Chebyshev nodes by numpy's own fit."""
    x = 2 * eigenvalue_I - 1
    exact = {
        "linear": lambda t: (t + 1) / 2,
        "ridge": lambda t: ((t + 1) / 2) / ((t + 1) / 2 + 1 / spec.sharpness),
        "plateau": lambda t: 0.5 * (1 + np.sign(t) * np.abs(t) ** spec.sharpness),
        "none": lambda t: 0 * t,
    }[spec.response]
    return np.asarray(np.polynomial.chebyshev.Chebyshev.interpolate(exact, spec.order)(x))


def formula(spec: Spectral, dense_UI: np.ndarray, rank: int) -> np.ndarray:
    unit_UI = normalized(dense_UI, spec.user_norm, spec.item_norm, spec.user_shrink, spec.item_shrink)
    unit_UI /= np.linalg.norm(unit_UI, 2)
    eigenvalue_I, vector_II = np.linalg.eigh(unit_UI.T @ unit_UI)
    filter_II = vector_II * wanted_response(spec, eigenvalue_I) @ vector_II.T
    _, singular, right = np.linalg.svd(normalized(dense_UI, 0.5, 0.5))
    rank = min(rank, int((singular > 1e-6).sum()))
    ideal_II = spec.ideal * right[:rank].T @ right[:rank]
    total = np.zeros_like(dense_UI)
    for part_II, exponent, shrink in (
        (filter_II, spec.degree, spec.item_shrink),
        (ideal_II, spec.ideal_degree, 0.0),
    ):
        into_I, out_I = (degree_power(dense_UI, 0, sign * exponent, shrink) for sign in (-1, 1))
        total += dense_UI * into_I @ part_II * out_I
    return total


SPECS = [
    Spectral(rank=6),
    Spectral(response="none", ideal=1.0, rank=4, ideal_degree=0.0),
    Spectral(response="linear", ideal=0.0, user_norm=0.2, item_norm=0.4, degree=0.1),
    Spectral(response="ridge", sharpness=20.0, order=7, user_norm=0.3, item_norm=0.3, rank=5, ideal=0.5),
    Spectral(response="plateau", sharpness=5.0, order=8, degree=0.2, ideal_degree=0.2, rank=5, ideal=0.1),
    Spectral(response="plateau", sharpness=2.5, order=1, ideal=0.0, user_norm=1.0, item_norm=0.0),
    Spectral(response="ridge", sharpness=3.0, order=2, ideal=0.0, degree=-0.3),
    Spectral(response="ridge", sharpness=1.0, order=12, rank=1, ideal=2.0),
    Spectral(rank=3, user_norm=0.2, user_shrink=5.0, item_shrink=2.0, degree=0.2),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.response}-{spec.order}")
@pytest.mark.parametrize("shape", [(30, 20), (20, 60)], ids=["tall", "wide"])
def test_filter_is_the_eigendecomposition(
    spec: Spectral, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, dense_UI = world(*shape)
    recommender = fit_spectral(spec, graph)
    if shape == (30, 20):  # it is a matrix by now
        monkeypatch.setattr(Filter, "__call__", None)
    assert isinstance(recommender, Recommender)
    np.testing.assert_allclose(all_scores(recommender, shape[0]), formula(spec, dense_UI, spec.rank), atol=2e-4)


def test_default_is_gf_cf_as_the_paper_writes_it() -> None:
    graph, dense_UI = world()
    unit_UI = normalized(dense_UI, 0.5, 0.5)
    _, _, right = np.linalg.svd(unit_UI)
    low_pass = right[:8].T @ right[:8]
    item = np.diag(degree_power(dense_UI, 0, 0.5)), np.diag(degree_power(dense_UI, 0, -0.5))
    gf_cf = dense_UI @ (unit_UI.T @ unit_UI + 0.3 * item[1] @ low_pass @ item[0])
    np.testing.assert_allclose(all_scores(fit_spectral(Spectral(rank=8), graph), 30), gf_cf, atol=1e-4)


def test_a_high_order_reaches_the_response_itself() -> None:
    spec = Spectral(response="ridge", sharpness=10.0, order=24)
    eigenvalue = np.linspace(0, 1, 50)
    reached = np.polynomial.chebyshev.chebval(2 * eigenvalue - 1, response_coefficients(spec))
    np.testing.assert_allclose(reached, eigenvalue / (eigenvalue + 0.1), atol=1e-6)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.response}-{spec.order}")
def test_matrix_and_lazy_forms_agree(spec: Spectral, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, _ = world()
    kept = all_scores(fit_spectral(spec, graph), 30)
    monkeypatch.setattr(spectral, "DENSE_ITEMS", 0)
    monkeypatch.setattr(spectral, "BLOCK", 3)
    lazy = fit_spectral(spec, graph)
    np.testing.assert_allclose(all_scores(lazy, 30), kept, atol=1e-5)


def test_beyond_a_matrix_the_response_is_kept_within_a_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectral, "DENSE_ITEMS", 0)
    monkeypatch.setattr(spectral, "LEADING", 60)
    graph, dense_UI = world(300, 120, density=0.2)
    spec = Spectral(response="ridge", order=8, ideal=0.0, user_norm=0.2, item_norm=0.3, degree=0.2, item_shrink=2.0)
    expected = formula(spec, dense_UI, 1)
    missed = np.linalg.norm(all_scores(fit_spectral(spec, graph), 300) - expected, axis=1)
    assert (missed <= 0.03 * np.linalg.norm(expected, axis=1)).all()


@pytest.mark.parametrize("shape", [(3, 9), (9, 3), (3, 3)])
def test_rank_beyond_the_graph_is_the_most_that_makes_sense(shape: tuple[int, int]) -> None:
    graph, dense_UI = world(*shape, density=0.6)
    spec = Spectral(rank=256)
    expected = formula(spec, dense_UI, max(1, min(shape) - 1))
    np.testing.assert_allclose(all_scores(fit_spectral(spec, graph), shape[0]), expected, atol=1e-4)


def test_empty_users_and_items_score_zero() -> None:
    graph, _ = world()
    scores = all_scores(fit_spectral(Spectral(response="plateau", rank=5), graph), 30)
    assert np.isfinite(scores).all()
    assert (scores[-1] == 0).all()
    assert (scores[:-1, -1] == 0).all()


def test_a_graph_without_interactions_scores_zero() -> None:
    graph, _ = world(density=0.0)
    scores = all_scores(fit_spectral(Spectral(response="ridge", user_norm=0.3), graph), 30)
    assert (scores == 0).all()


def test_scores_may_be_written_into() -> None:
    graph, _ = world()
    recommender = fit_spectral(Spectral(rank=5), graph)
    first = recommender.score(torch.arange(4))
    kept = first.clone()
    first.fill_(-torch.inf)
    assert torch.equal(recommender.score(torch.arange(4)), kept)


def test_build_makes_it_and_it_remembers_what_it_is() -> None:
    graph, _ = world()
    architecture = ClosedForm(propagation=Spectral(rank=5))
    recommender = build(architecture, graph, seed=0)
    assert recommender.architecture.identity == architecture.identity  # type: ignore[attr-defined]


def test_what_cannot_matter_is_not_part_of_the_identity() -> None:
    def name(**parameters: object) -> str:
        return ClosedForm(propagation=Spectral.model_validate(parameters)).identity

    assert name(order=4) == name(sharpness=2.0) == name()
    assert name(response="none", ideal=0.1, user_norm=0.2) == name(response="none", ideal=2.0, degree=0.5)
    assert name(ideal=0.0, rank=8) == name(ideal=0.0, ideal_degree=0.0)
    assert name(ideal=0.1) != name(ideal=0.2)
    assert name(response="ridge", order=4) != name(response="ridge")
    assert "order" not in str(ClosedForm(propagation=Spectral()).canonical())


def test_a_filter_that_does_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="scores every item 0"):
        Spectral(response="none", ideal=0.0)
