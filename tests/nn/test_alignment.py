"""Agreement of features and ids: the formula on three rows, the whole step, and a world with new items."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Trained
from gnas.data.interactions import Interactions
from gnas.features.blocks import Block, FeatureSet
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn import alignment as module
from gnas.nn.alignment import alignable, alignment
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.step import build_step

LOG = Interactions(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 2]), 4, 5)
KNOWN = np.array([True, True, True, False, True])


def graph() -> Graph:
    return build_graph(LOG, torch.device("cpu"))


def features() -> FeatureSet:
    values = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32) * KNOWN[:, None]
    return FeatureSet({}, {"attributes": Block("attributes", "test", values, KNOWN, "a")})


def by_hand(free: np.ndarray, given: np.ndarray) -> float:
    cosine = np.array([[e @ f / np.linalg.norm(e) / np.linalg.norm(f) for f in given] for e in free]) / 0.2
    return float(np.mean([np.log(np.exp(row).sum()) - row[v] for v, row in enumerate(cosine)]))


def test_nodes_with_both_embeddings() -> None:
    assert [side.tolist() for side in alignable(features(), graph())] == [
        [4, 5, 6]
    ]  # of the items, one unknown, one new
    assert alignable(FeatureSet({}, {}), graph()) == []


@pytest.mark.parametrize("width", [4, 9])
def test_the_formula_on_three_rows(width: int) -> None:
    free, given = (torch.randn(9, n, generator=torch_rng("cpu", n)) for n in (4, width))
    found = alignment(free, given, [torch.tensor([4, 5, 6])], torch_rng("cpu", 0))
    assert float(found) == pytest.approx(by_hand(free[4:7].double().numpy(), given[4:7, :4].double().numpy()), rel=1e-5)
    both = alignment(free, given, [torch.tensor([4, 5, 6]), torch.tensor([0, 1])], torch_rng("cpu", 0))
    assert float(both - found) == pytest.approx(
        by_hand(free[:2].double().numpy(), given[:2, :4].double().numpy()), rel=1e-4
    )


def test_many_nodes_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 2)
    free, given = (torch.randn(9, 4, generator=torch_rng("cpu", n)) for n in (1, 2))
    pairs = [list(pair) for pair in itertools.combinations((4, 5, 6), 2)]
    possible = [by_hand(free[pair].double().numpy(), given[pair].double().numpy()) for pair in pairs]
    drawn = {round(float(alignment(free, given, [torch.tensor([4, 5, 6])], torch_rng("cpu", k))), 4) for k in range(60)}
    assert drawn == {round(value, 4) for value in possible}


def loss_of(spec: dict[str, Any], **parts: Any) -> tuple[float, Candidate]:
    """The loss of a full step without draws, and the model."""
    tree = {"dim": 4, "loss": "all-pairs", "features": {"attributes": True, **spec}, **parts}
    architecture = Trained.model_validate(tree)
    model = build(architecture, graph(), 0, None, features())
    assert isinstance(model, Candidate)
    known, generator = positives(graph()), torch_rng("cpu", 0)
    batch = next(epoch_batches(pairs_of(LOG, graph(), architecture), known, graph(), architecture, generator))
    return float(build_step(model, graph(), known, architecture)(batch, generator).detach()), model


@pytest.mark.parametrize("entry", ["early", "late"])
def test_a_step_has_the_term_and_without_weight_it_has_not(entry: str) -> None:
    parts = {"propagation": {"lightgcn": {"depth": 2, "combine": "concat"}}}
    plain, _ = loss_of({"entry": entry}, **parts)
    aligned, model = loss_of({"entry": entry, "align": 0.7}, **parts)
    assert model.entry is not None
    given = model.entry.fusion()[4:7, :4].detach().double().numpy()
    free = model.embedding[4:7].detach().double().numpy()
    assert aligned - plain == pytest.approx(0.7 * by_hand(free, given), rel=1e-3)
    assert loss_of({"entry": entry, "align": 0.7}, **parts)[0] == aligned


def test_features_learn_where_interactions_put_their_items() -> None:
    """Embeddings that are a linear map of the features are found from known items alone, for a new one too."""
    rng = np.random.default_rng(0)
    n_items = 200
    values = rng.standard_normal((n_items, 6)).astype(np.float32)
    user, item = np.zeros(n_items - 20, dtype=np.int64), np.arange(n_items - 20)
    place = build_graph(Interactions(user, item, 1, n_items), torch.device("cpu"))
    known = FeatureSet({}, {"attributes": Block("attributes", "test", values, np.ones(n_items, dtype=bool), "a")})
    architecture = Trained.model_validate(
        {"dim": 4, "propagation": "none", "features": {"attributes": True, "entry": "late", "align": 1}}
    )
    model = build(architecture, place, 0, None, known)
    assert isinstance(model, Candidate)
    assert model.entry is not None
    with torch.no_grad():
        model.embedding[1:] = torch.from_numpy(values @ rng.standard_normal((6, 4)).astype(np.float32))
    truth = model.embedding.detach().clone()
    optimizer = torch.optim.Adam(model.entry.parameters(), lr=0.02)
    generator = torch_rng("cpu", 0)
    for _ in range(200):
        model.propagate(True, generator)
        optimizer.zero_grad()
        torch.autograd.backward(model.entry.alignment(truth, generator))
        optimizer.step()
    cosine = torch.nn.functional.cosine_similarity(model.entry.fusion()[181:], truth[181:])
    assert float(cosine.detach().mean()) > 0.95
