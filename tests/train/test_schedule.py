"""Validation takes at most a fifth of a training, by a reckoning that knows no clock."""

from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Trained
from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.positives import positives
from gnas.train.batches import epoch_batches, epoch_size, pairs_of
from gnas.train.schedule import step_ns, validation_gap, validation_ns
from tests.train.planted_worlds import CPU


def drawn(n_users: int, n_items: int, n: int) -> Interactions:
    rng = np.random.default_rng(0)
    keys = rng.choice(n_users * n_items, n, replace=False)
    return Interactions(keys // n_items, keys % n_items, n_users, n_items)


@pytest.fixture(scope="module")
def large() -> tuple[Graph, Interactions]:
    train = drawn(3000, 2000, 30_000)
    return build_graph(train, CPU), train


def evaluator(train: Interactions, n_users: int, *, of_a_draw: bool = False) -> Evaluator:
    target = Interactions(np.arange(n_users), np.zeros(n_users, dtype=np.int64), train.n_users, train.n_items)
    return Evaluator(target, [train], [10], seed=0, device=CPU, drawn=of_a_draw)


ALL_PAIRS: dict[str, Any] = {"loss": "all-pairs", "propagation": "none"}


@pytest.mark.parametrize("of_a_draw", [False, True])
@pytest.mark.parametrize("parts", [ALL_PAIRS, {}, {"loss": "softmax", "contrastive": "sgl"}])
def test_validation_is_reckoned_to_take_at_most_its_share(
    large: tuple[Graph, Interactions], parts: dict[str, Any], of_a_draw: bool
) -> None:
    graph, train = large
    architecture = Trained.model_validate(parts)
    gap = validation_gap(architecture, graph, len(train), evaluator(train, 3000, of_a_draw=of_a_draw))
    n_steps, size = epoch_size(architecture, graph, len(train))
    trained, validated = n_steps * step_ns(architecture, graph, size), validation_ns(architecture, graph, 3000)
    share = validated / (gap * trained + validated)
    assert share <= (1 / 9 if of_a_draw else 1 / 5)
    assert gap == 1 or validated / ((gap - 1) * trained + validated) > (1 / 9 if of_a_draw else 1 / 5), "nor less often"


def test_fewer_users_are_validated_on_more_often(large: tuple[Graph, Interactions]) -> None:
    graph, train = large
    gaps = [
        validation_gap(Trained.model_validate(ALL_PAIRS), graph, len(train), evaluator(train, n))
        for n in (3000, 1000, 10)
    ]
    assert gaps[0] > gaps[1] > gaps[2] == 1


def test_what_is_no_ranking_is_cheap(large: tuple[Graph, Interactions]) -> None:
    graph, train = large
    assert validation_gap(Trained.model_validate(ALL_PAIRS), graph, len(train), lambda _: NotImplemented) == 1


@pytest.mark.parametrize(
    "parts",
    [
        {"batch_size": 700},
        {"batch_size": 10**6},
        {"batch_size": "full"},
        {"loss": "all-pairs"},
        {"loss": "all-pairs", "target_mask": 0.5},
        {"batch_size": 700, "target_mask": 0.5},
        {"batch_size": "full", "target_mask": 0.5},
    ],
)
def test_steps_of_an_epoch_are_as_many_as_are_taken(parts: dict[str, Any]) -> None:
    train = drawn(300, 200, 5000)
    graph, architecture = build_graph(train, CPU), Trained.model_validate(parts)
    pairs, known = pairs_of(train, graph, architecture), positives(graph)
    batches = list(epoch_batches(pairs, known, graph, architecture, torch.Generator().manual_seed(0)))
    n_steps, size = epoch_size(architecture, graph, len(train))
    assert len(batches) == n_steps
    assert len(batches[0].users_B) == pytest.approx(size, rel=0.05)
