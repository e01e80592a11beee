"""Linear filters by sparse products: the same scores as by dense ones, for users without interactions too."""

import numpy as np
import pytest
import torch

from gnas.config.closed_forms import Spectral
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn import spectral
from gnas.nn.spectral import Filter, fit_spectral

SPECS = [
    Spectral(rank=6),
    Spectral(ideal=0.0, user_norm=0.2, item_norm=0.4, degree=0.3),
    Spectral(rank=4, degree=-0.2, ideal=0.7),
]


def sparse_world(n_users: int, n_items: int) -> Graph:
    """About two interactions a user, none for the first five."""
    rng = np.random.default_rng(0)
    user, item = rng.integers(5, n_users, 2 * n_users), rng.integers(n_items, size=2 * n_users)
    return build_graph(Interactions(user, item, n_users, n_items), torch.device("cpu"))


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("shape", [(400, 200), (100, 300)], ids=["matrix", "rows"])
def test_sparse_equals_dense(spec: Spectral, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    graph = sparse_world(*shape)
    sparse = fit_spectral(spec, graph)
    assert Filter(spec, graph)._hops is not None, "this world is sparse enough"
    monkeypatch.setattr(spectral, "DENSE_ITEMS", 0)
    lazy = fit_spectral(spec, graph)
    monkeypatch.undo()
    monkeypatch.setattr(spectral, "SPARSE_GAIN", 10**9)
    dense = fit_spectral(spec, graph)
    for users in (torch.arange(shape[0]), torch.arange(5), torch.tensor([7, 2, 7])):
        wanted = dense.score(users)
        for way in (sparse, lazy):
            torch.testing.assert_close(way.score(users), wanted, atol=1e-5, rtol=1e-4)
