"""Rows of a candidate's features that are read anew, and those that stay as they were."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnas.config.architecture import Trained
from gnas.data.interactions import Interactions
from gnas.features.bank import FeatureBank
from tests.features.feature_worlds import table

pytest.importorskip("transformers", reason="the extra `text` is not installed")
import torch

from gnas.features.tuning.encoder import Method, TunedEncoder
from gnas.graph.bipartite import build_graph
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate, build
from gnas.rng import torch_rng
from gnas.train.readings import Readings, places_of
from tests.features import tiny_models as tiny

CSV = "id,blurb\na,red car\nb,blue car\nc,\nd,red wine\ne,bread\n"
KNOWN = [0, 1, 2, 3]
"""Items of train; `e` has a text, and nobody took it."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A candidate over five items, four of which have a text, and what fine-tuning needs of it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    source = tiny.make(tiny.bert, tmp_path / "bert")
    train = Interactions(np.array([0, 0, 1, 1]), np.array(KNOWN), 2, 5)
    tables: Any = {"items": table(tmp_path, CSV, list("abcde"), columns={"blurb": "text"})}
    bank = FeatureBank(tables, train, tmp_path / "cache")
    tree = {"dim": 4, "features": {"text": {"hf-text": {"source": source}}, "ids": False}}
    architecture = Trained.model_validate(tree)
    features = bank.select(architecture.features)
    assert features is not None
    graph = build_graph(train, torch.device("cpu"))
    model = build(architecture, graph, 0, None, features)
    assert isinstance(model, Candidate)
    places = places_of(tables, architecture.features, "text", features)
    encoder: Any = architecture.features.text.build()
    tuned = TunedEncoder(encoder, [text for place in places for text in place.values], Method(), seed=0)
    return model, features, Readings(model, features, places, tuned)


def test_an_encoder_that_has_learned_nothing_reads_what_the_block_has(world: Any) -> None:
    _, features, readings = world
    assert readings.tuned.values == ["red car", "blue car", "red wine", "bread"]
    readings.put_all()
    np.testing.assert_allclose(
        readings.filled[0].projection.values_nd.numpy(), features.items["text"].values, atol=1e-5
    )


def test_a_step_draws_of_its_own_items_alone(world: Any) -> None:
    drawn = world[2].drawn
    batch = Batch(torch.tensor([0, 0, 1]), torch.tensor([1, 2, 1]), None, n_known=4, full=False)
    generator = torch_rng("cpu", 0, "x")
    assert drawn(batch, 10, generator) == [1], "item 1 is value 1; item 2 has no text"
    batch = Batch(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 3]), None, n_known=4, full=False)
    assert {tuple(sorted(drawn(batch, 2, generator))) for _ in range(30)} == {(0, 1), (0, 2), (1, 2)}


def test_fresh_rows_have_a_gradient_and_stay_all_others_are_left(world: Any) -> None:
    model, features, readings = world
    tuned, (slot,) = readings.tuned, readings.filled
    before = torch.from_numpy(features.items["text"].values)
    for parameter in tuned.parameters:
        parameter.data.mul_(1.1)
    readings.put_fresh([2, 0])
    user_UD, item_ID = model.embed(training=True, generator=torch_rng("cpu", 0, "x"))
    torch.autograd.backward((user_UD @ item_ID.T).square().sum())
    assert any(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in tuned.parameters)
    readings.settle()
    found = slot.projection.values_nd
    assert not found.requires_grad
    assert torch.equal(found[[1, 2, 4]], before[[1, 2, 4]])
    assert (found[[0, 3]] - before[[0, 3]]).abs().amax(1).min() > 1e-3
    expected = (tuned.read_all()[[0, 2]] - slot.centre_d) / slot.size
    torch.testing.assert_close(found[[0, 3]], expected, rtol=1e-5, atol=1e-6)


def test_what_was_learned_moves_to_readings_of_another_size(world: Any) -> None:
    model, features, readings = world
    block = features.items["text"]
    larger = replace(features, items={"text": replace(block, values=3 * block.values)})
    other = build(model.architecture, model.graph, 1, None, larger)
    assert isinstance(other, Candidate)
    readings.move(other)
    for one, moved in zip(model.embed(training=False), other.embed(training=False), strict=True):
        torch.testing.assert_close(moved, one, rtol=1e-5, atol=1e-6)
