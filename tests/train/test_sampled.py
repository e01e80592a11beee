"""Training on drawn neighbourhoods: as good as on the whole graph, and no other node is touched."""

from typing import Any

import pytest
import torch

from gnas.config.architecture import Trained
from gnas.errors import TrialFailed
from gnas.nn.model import Candidate
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.optimizers import build_optimizer
from gnas.train.plan import Plan, full_mib
from gnas.train.sampled import SampledSteps
from gnas.train.step import build_step
from tests.train.planted_worlds import World, blocks, build_for, learn

FEW = 5


@pytest.fixture(scope="module")
def world() -> World:
    return blocks(n_users=90, n_items=54)


@pytest.mark.parametrize(
    "parts",
    [
        {"propagation": "none"},
        {"propagation": "lightgcn"},
        {"propagation": {"sage": {"depth": 2, "aggregate": "max"}}, "loss": "softmax"},
        {"propagation": "gat", "loss": "bce"},
        {"propagation": "lightgcn", "loss": "in-batch-softmax"},
        {"propagation": "lightgcn", "loss": {"bpr": {"sampling": "popularity"}}, "contrastive": "sgl"},
        {"propagation": {"lightgcn": {"edge_dropout": 0.2}}, "loss": {"bpr": {"sampling": "hard"}}},
        {"propagation": "gcn", "loss": "ccl", "contrastive": "xsimgcl"},
        {"propagation": "lightgcn", "loss": "directau", "optimizer": "adamw", "weight_decay": 0.0},
    ],
    ids=str,
)
def test_a_planted_world_is_learned(world: World, parts: dict[str, Any]) -> None:
    _, whole = learn(world, parts)
    _, sampled = learn(world, parts, fanout=FEW)
    assert whole[-1].loss != sampled[-1].loss, "these were steps of another kind"
    if parts.get("loss") != "directau":  # overfits this world within an epoch, on the whole graph too
        assert sampled[-1].best_value > 0.8
    assert sampled[-1].best_value > whole[-1].best_value - 0.1


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_only_the_nodes_of_a_step_change(world: World, optimizer: str) -> None:
    architecture = Trained.model_validate(
        {"propagation": {"lightgcn": {"depth": 1}}, "dim": 8, "batch_size": 4, "optimizer": optimizer,
         "weight_decay": 0.1}
    )  # fmt: skip
    model = build_for(world, architecture)
    assert isinstance(model, Candidate)
    before = model.embedding.detach().clone()
    known, generator = positives(world.graph), torch_rng("cpu", 0, "train")
    pairs = pairs_of(world.train, world.graph, architecture)
    batch = next(epoch_batches(pairs, known, world.graph, architecture, generator))
    steps = SampledSteps(model, known, Plan(FEW), half=False)
    steps(batch, generator)
    changed = (model.embedding != before).any(1)
    assert changed[batch.users_B].all()
    assert changed[batch.items_B + world.graph.n_users].all()
    untouched = int((~changed).sum())
    assert untouched > 0, "users beyond the first hop of so small a batch"
    assert len(batch.users_B) * FEW < world.graph.n_nodes


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
def test_decoupled_decay_is_that_of_the_whole_graph(world: World, weight_decay: float) -> None:
    """With every neighbour drawn, one step of AdamW on a loss without draws."""
    architecture = Trained.model_validate(
        {"propagation": {"lightgcn": {"depth": 2}}, "dim": 8, "lr": 0.02, "loss": "directau", "optimizer": "adamw",
         "weight_decay": weight_decay, "batch_size": 512}
    )  # fmt: skip
    found = []
    for sampled in (False, True):
        model = build_for(world, architecture)
        assert isinstance(model, Candidate)
        known, generator = positives(world.graph), torch_rng("cpu", 0, "train")
        pairs = pairs_of(world.train, world.graph, architecture)
        batch = next(epoch_batches(pairs, known, world.graph, architecture, generator))
        if sampled:
            SampledSteps(model, known, Plan(1000), half=False)(batch, generator)
        else:
            build_step(model, known)(batch, generator).backward()
            build_optimizer(architecture, model.parameters()).step()
        found.append(model.embedding.detach())
    start = build_for(world, architecture)
    assert isinstance(start, Candidate)
    assert ((found[0] - start.embedding).abs().amax(1) > 0.015).all(), "every row moved by about the learning rate"
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"loss": "all-pairs", "batch_size": "full"}, "loss all-pairs looks at all pairs"),
        ({"batch_size": "full"}, "its batch is the whole graph"),
        ({"optimizer": "sgd"}, "optimizer sgd has no update by rows"),
        ({}, r"on samples still \d+ MiB"),
    ],
    ids=str,
)
def test_what_fits_in_no_way_fails_in_a_sentence(world: World, parts: dict[str, Any], why: str) -> None:
    with pytest.raises(TrialFailed, match=rf"takes about \d+ MiB, above train.max_memory .*{why}"):
        learn(world, {"propagation": "lightgcn", **parts}, max_memory=0.001)


def test_what_needs_the_whole_graph_has_it_whatever_the_fanout(world: World) -> None:
    parts = {"loss": "all-pairs", "batch_size": "full", "propagation": "lightgcn"}
    _, free = learn(world, parts)
    _, bound = learn(world, parts, fanout=FEW)
    assert [epoch.metrics for epoch in free] == [epoch.metrics for epoch in bound]


def test_enough_memory_changes_nothing(world: World) -> None:
    architecture = Trained.model_validate({"propagation": "lightgcn", "dim": 16})
    enough = full_mib(architecture, world.graph)
    _, free = learn(world, {"propagation": "lightgcn"})
    _, bound = learn(world, {"propagation": "lightgcn"}, max_memory=enough * 1.01)
    assert [epoch.metrics for epoch in free] == [epoch.metrics for epoch in bound]


def test_the_same_seed_gives_the_same_training(world: World) -> None:
    (one, first), (two, second) = (learn(world, {"propagation": "lightgcn"}, fanout=FEW) for _ in range(2))
    assert [epoch.metrics for epoch in first] == [epoch.metrics for epoch in second]
    assert isinstance(one, Candidate)
    assert isinstance(two, Candidate)
    torch.testing.assert_close(one.embedding, two.embedding, rtol=0, atol=0)
