"""Training on drawn neighbourhoods: as good as on the whole graph, and no other node is touched."""

from typing import Any

import pytest
import torch
from planted_worlds import World, blocks, build_for, learn

from gnas.config.architecture import Architecture
from gnas.errors import TrialFailed
from gnas.nn.model import Candidate
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.sampled import FANOUT, SampledSteps, full_mib

TINY = 0.001
"""MiB that no step keeps within."""


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
    _, sampled = learn(world, parts, max_memory=TINY)
    assert whole[-1].loss != sampled[-1].loss, "these were steps of another kind"
    if parts.get("loss") != "directau":  # overfits this world within an epoch, on the whole graph too
        assert sampled[-1].best_value > 0.8
    assert sampled[-1].best_value > whole[-1].best_value - 0.1


def test_only_the_nodes_of_a_step_change(world: World) -> None:
    architecture = Architecture.model_validate({"propagation": {"lightgcn": {"depth": 1}}, "dim": 8, "batch_size": 4})
    model = build_for(world, architecture)
    assert isinstance(model, Candidate)
    before = model.embedding.detach().clone()
    known, generator = positives(world.graph), torch_rng("cpu", 0, "train")
    pairs = pairs_of(world.train, world.graph, architecture)
    batch = next(epoch_batches(pairs, known, world.graph, architecture, generator))
    steps = SampledSteps(model, known, architecture, half=False)
    steps(batch, generator)
    changed = (model.embedding != before).any(1)
    assert changed[batch.users_B].all()
    assert changed[batch.items_B + world.graph.n_users].all()
    untouched = int((~changed).sum())
    assert untouched > 0, "users beyond the first hop of so small a batch"
    assert len(batch.users_B) * FANOUT < world.graph.n_nodes


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"loss": "all-pairs", "batch_size": "full"}, "loss all-pairs looks at all pairs"),
        ({"batch_size": "full"}, "its batch is the whole graph"),
        ({"optimizer": "sgd"}, "optimizer sgd has no update by rows"),
    ],
    ids=str,
)
def test_what_cannot_be_sampled_fails_in_a_sentence(world: World, parts: dict[str, Any], why: str) -> None:
    with pytest.raises(TrialFailed, match=rf"takes about \d+ MiB, above train.max_memory .*: {why}"):
        learn(world, {"propagation": "lightgcn", **parts}, max_memory=TINY)


def test_enough_memory_changes_nothing(world: World) -> None:
    architecture = Architecture.model_validate({"propagation": "lightgcn", "dim": 16})
    enough = full_mib(architecture, world.graph)
    _, free = learn(world, {"propagation": "lightgcn"})
    _, bound = learn(world, {"propagation": "lightgcn"}, max_memory=enough * 1.01)
    assert [epoch.metrics for epoch in free] == [epoch.metrics for epoch in bound]


def test_the_same_seed_gives_the_same_training(world: World) -> None:
    (one, first), (two, second) = (learn(world, {"propagation": "lightgcn"}, max_memory=TINY) for _ in range(2))
    assert [epoch.metrics for epoch in first] == [epoch.metrics for epoch in second]
    assert isinstance(one, Candidate)
    assert isinstance(two, Candidate)
    torch.testing.assert_close(one.embedding, two.embedding, rtol=0, atol=0)
