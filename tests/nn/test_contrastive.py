"""The contrastive terms: which views they compare, which nodes, and what they do to them."""

from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import build_graph
from gnas.nn.contrastive import agreement
from gnas.nn.losses.formulas import info_nce
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate, build

SPECS = ["sgl", "simgcl", "xsimgcl"]


def candidate(contrastive: object, **parts: Any) -> Candidate:
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((12, 9)) < 0.4)
    graph = build_graph(Interactions(user, item, 12, 9), torch.device("cpu"))
    parts = {"dim": 8, "propagation": {"lightgcn": {"depth": 2}}, "contrastive": contrastive, **parts}
    model = build(Architecture.model_validate(parts), graph, 0)
    assert isinstance(model, Candidate)
    return model


def batch(users: list[int], items: list[int], full: bool = False) -> Batch:
    return Batch(torch.tensor(users), torch.tensor(items), None, n_known=0, full=full)


def term(model: Candidate, of: Batch, seed: int = 0) -> torch.Tensor:
    contrast = model.architecture.contrastive.build()
    assert contrast is not None
    generator = torch.Generator().manual_seed(seed)
    main = model.propagate(True, generator, noise=contrast.noise)
    return agreement(contrast, contrast.views(model, main, generator), model, of, generator)


def test_no_term() -> None:
    assert not candidate("none").architecture.contrastive.used


@pytest.mark.parametrize("kind", SPECS)
def test_repeated_nodes_count_once(kind: str) -> None:
    model = candidate({kind: {"weight": 0.7}})
    once = term(model, batch([3, 5, 1], [8, 2, 0]))
    again = term(model, batch([3, 5, 3, 1, 5], [8, 2, 2, 0, 8]))
    assert once.item() == pytest.approx(again.item(), rel=1e-6)


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("full", [False, True])
def test_batch_of_many_pairs_compares_all_nodes(kind: str, full: bool) -> None:
    model = candidate(kind)
    users, items = list(range(12)), [n % 9 for n in range(12)]
    every = term(model, batch(users, items, full))
    assert every.isfinite()
    every.backward()
    assert model.embedding.grad is not None
    assert (model.embedding.grad.abs().sum(1) > 0).all()


def test_sgl_is_info_nce_of_two_thinned_graphs() -> None:
    model = candidate({"sgl": {"edge_dropout": 0.3, "temperature": 0.5, "weight": 2.0}})
    found = term(model, batch([0, 4], [1, 2]), seed=7)
    generator = torch.Generator().manual_seed(7)
    model.propagate(True, generator)
    a, b = (model.propagate(True, generator, edge_dropout=0.3).final for _ in range(2))
    users, items = [0, 4], [13, 14]
    expected = info_nce(a[users], b[users], 0.5) + info_nce(a[items], b[items], 0.5)
    assert found.item() == pytest.approx(2 * expected.item())


def test_simgcl_views_differ_by_noise_alone() -> None:
    model = candidate({"simgcl": {"eps": 1e-6, "temperature": 0.5, "weight": 1.0}})
    clean = model.propagate(False).final
    users, items = [0, 4], [13, 14]
    expected = info_nce(clean[users], clean[users], 0.5) + info_nce(clean[items], clean[items], 0.5)
    assert term(model, batch([0, 4], [1, 2])).item() == pytest.approx(expected.item(), rel=1e-4)


def test_xsimgcl_contrasts_a_layer_of_the_noisy_pass_with_its_outcome() -> None:
    model = candidate({"xsimgcl": {"eps": 0.2, "temperature": 0.5, "weight": 1.0, "layer": 1}})
    found = term(model, batch([0, 4], [1, 2]), seed=3)
    main = model.propagate(True, torch.Generator().manual_seed(3), noise=0.2)
    users, items = [0, 4], [13, 14]
    a, b = main.final, main.layers[1]
    expected = info_nce(a[users], b[users], 0.5) + info_nce(a[items], b[items], 0.5)
    assert found.item() == pytest.approx(expected.item())


@pytest.mark.parametrize("propagation", ["none", {"lightgcn": {"combine": "concat"}}, {"lightgcn": {"depth": 1}}])
def test_xsimgcl_does_without_the_layer_it_names(propagation: object) -> None:
    model = candidate({"xsimgcl": {"layer": 4}}, propagation=propagation)
    assert term(model, batch([0, 4], [1, 2])).isfinite()


def test_a_large_batch_stands_for_some_of_its_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = candidate("simgcl")
    few, many = batch([3, 5, 1], [8, 2, 0]), batch([3, 5, 1, 9, 7], [8, 2, 0, 4, 6])
    assert term(model, many).item() != pytest.approx(term(model, few).item(), rel=1e-3)
    monkeypatch.setattr("gnas.nn.contrastive.MAX_NODES", 3)
    assert term(model, many).item() == pytest.approx(term(model, few).item(), rel=1e-6)
