"""Walks of three steps against dense matrices and against RP3beta's formula."""

import numpy as np
import pytest
import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import Spectral, TwoHop
from gnas.nn import two_hop
from gnas.nn.spectral import fit_spectral
from gnas.nn.two_hop import fit_two_hop
from tests.nn.closed_form_worlds import all_scores, degree_power, world

SPECS = [
    TwoHop(),
    TwoHop(user_norm=0.21, user_shrink=7.0, in_norm=0.6, in_shrink=3.7, out_norm=0.485, out_shrink=8.0),
    TwoHop(user_norm=0.5, user_shrink=0.0, in_norm=1.0, in_shrink=0.0, out_norm=0.0),
]


def formula(spec: TwoHop, dense_UI: np.ndarray) -> np.ndarray:
    into_I = degree_power(dense_UI, 0, -spec.in_norm, spec.in_shrink)
    user_U = degree_power(dense_UI, 1, -2 * spec.user_norm, spec.user_shrink)
    out_I = degree_power(dense_UI, 0, -spec.out_norm, spec.out_shrink)
    return np.asarray(dense_UI * into_I @ dense_UI.T * user_U @ dense_UI * out_I)


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("limit", [8192, 0], ids=["matrix", "hops"])
@pytest.mark.parametrize("shape", [(30, 20), (20, 60)], ids=["tall", "wide"])
def test_walks_are_products_of_dense_matrices(
    spec: TwoHop, limit: int, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_hop, "DENSE_ITEMS", limit)
    graph, dense_UI = world(*shape)
    scores = all_scores(fit_two_hop(spec, graph), shape[0])
    np.testing.assert_allclose(scores, formula(spec, dense_UI), rtol=1e-4, atol=1e-5)
    assert (scores[-1] == 0).all()
    assert (scores[:, -1] == 0).all()


def test_halves_without_shrinking_are_the_linear_filter() -> None:
    graph, _ = world()
    halves = TwoHop(user_norm=0.5, user_shrink=0, in_norm=0.5, in_shrink=0, out_norm=0.5, out_shrink=0)
    filtered = all_scores(fit_spectral(Spectral(ideal=0.0), graph), 30)
    np.testing.assert_allclose(all_scores(fit_two_hop(halves, graph), 30), filtered, atol=1e-5)


def test_scores_may_be_written_into() -> None:
    recommender = fit_two_hop(TwoHop(), world()[0])
    kept = recommender.score(torch.arange(4)).clone()
    recommender.score(torch.arange(4)).fill_(-torch.inf)
    assert torch.equal(recommender.score(torch.arange(4)), kept)


def test_an_exponent_of_zero_leaves_nothing_to_shrink() -> None:
    def name(**parameters: float) -> str:
        return ClosedForm(propagation=TwoHop(**parameters)).identity

    assert name(out_norm=0.0, out_shrink=1.0) == name(out_norm=0.0, out_shrink=9.0)
    assert name(out_shrink=1.0) != name(out_shrink=9.0)
