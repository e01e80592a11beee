"""Embeddings in host memory, some of them cached: the training is that with all of them in one table.

On the CPU both memories are the same one, so that everything but the copying shows here.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gnas.config.architecture import Architecture
from gnas.config.run import TrainConfig
from gnas.evaluate.evaluator import Evaluation
from gnas.nn.model import Candidate, build
from gnas.nn.recommender import Recommender
from gnas.train import loop
from gnas.train.checkpoint import load_model, save_model
from gnas.train.loop import train
from gnas.train.plan import Plan
from gnas.train.rows import split_rows
from tests.train.planted_worlds import World, blocks, learn

FEW = 5
PARTS: dict[str, Any] = {"propagation": {"gcn": {"depth": 2}}, "weight_decay": 0.1, "epochs": 4}
SHARES = [0.0, 0.1, 1.0]


@pytest.fixture(scope="module")
def world() -> World:
    return blocks(n_users=90, n_items=54)


@pytest.fixture
def cached(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[float | None], None]:
    """Plan with a share of the embeddings cached, None: with the table on the device."""

    def cached(share: float | None) -> None:
        plan = Plan(FEW, None if share is None else round(share * world.graph.n_nodes))
        monkeypatch.setattr(loop, "_plan", lambda *_: plan)

    return cached


def state_of(model: Any) -> dict[str, Tensor]:
    assert isinstance(model, Candidate)
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_where_the_embeddings_lie_changes_nothing(
    world: World, optimizer: str, cached: Callable[[float | None], None]
) -> None:
    cached(None)
    model, expected = learn(world, {**PARTS, "optimizer": optimizer})
    for share in SHARES:
        cached(share)
        other, epochs = learn(world, {**PARTS, "optimizer": optimizer})
        torch.testing.assert_close(state_of(other), state_of(model), rtol=1e-4, atol=1e-4)
        assert [epoch.loss for epoch in epochs] == pytest.approx([epoch.loss for epoch in expected], rel=1e-4)
        assert epochs[-1].best_value == pytest.approx(expected[-1].best_value, abs=0.03)


@pytest.mark.parametrize("share", [None, *SHARES])
def test_however_it_ends_the_model_is_right(
    world: World, share: float | None, cached: Callable[[float | None], None]
) -> None:
    """Killed between two steps of its first epoch, halted there, or worse after its best epoch."""
    architecture = Architecture.model_validate({"dim": 8, "lr": 0.05, "batch_size": 64, **PARTS})

    class Killed(Exception):
        pass

    def trained(plan: float | None, halt: Callable[[], bool], values: list[float]) -> list[dict[str, Tensor]]:
        """The states of a fresh model at each epoch's end, and when all is over."""
        cached(plan)
        model, left = build(architecture, world.graph, 0), iter(values)

        def measure(recommender: Recommender) -> Evaluation:
            del recommender
            return Evaluation({"hit@1": next(left)}, {}, np.zeros(0, dtype=np.int64))

        epochs = train(
            model, world.train, measure,
            seed=0, objective="hit@1", options=TrainConfig(), halt=halt,
        )  # fmt: skip
        states = []
        with contextlib.suppress(Killed):
            for _ in epochs:
                states.append(state_of(model))
        return [*states, state_of(model)]

    def after(n_steps: int, ends: Callable[[], bool]) -> Callable[[], bool]:
        left = [False] * (n_steps - 1)
        return lambda: left.pop() if left else ends()

    def killed() -> bool:
        raise Killed

    (expected,) = trained(None, after(3, killed), [])
    start = build(architecture, world.graph, 0)
    assert isinstance(start, Candidate)
    assert ((expected["embedding"] - start.embedding).abs() > 0.01).any()
    (found,) = trained(share, after(3, killed), [])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    *_, halted = trained(share, after(3, lambda: True), [0.5])
    torch.testing.assert_close(halted, expected, rtol=1e-4, atol=1e-4)
    first, best, *others, end = trained(share, lambda: False, [0.5, 0.7, 0.6, 0.1])
    assert len(others) == 2
    torch.testing.assert_close(end, best, rtol=0, atol=0)
    assert not any(torch.equal(end["embedding"], other["embedding"]) for other in (first, *others))


def test_it_is_measured_and_saved_with_what_it_learned(
    world: World, cached: Callable[[float | None], None], tmp_path: Path
) -> None:
    cached(0.1)
    model, epochs = learn(world, PARTS)
    assert epochs[-1].best_value > 0.8
    assert isinstance(model, Candidate)
    assert world.evaluator(model).metrics["hit@1"] == epochs[-1].best_value
    save_model(tmp_path / "model", model, "data")
    again = load_model(tmp_path / "model", model.architecture, world.graph, "data")
    everyone = torch.arange(world.graph.n_users)
    torch.testing.assert_close(again.score(everyone), model.score(everyone), rtol=0, atol=0)


def test_nodes_of_the_highest_degree_are_cached(world: World) -> None:
    model = build(Architecture.model_validate({"dim": 8}), world.graph, 0)
    assert isinstance(model, Candidate)
    rows = split_rows(model, 20, 0.1, 0.0)
    degree_N = world.graph.degree_N
    rest = torch.ones(world.graph.n_nodes, dtype=torch.bool).index_fill(0, rows.cached_C, False)
    assert int((~rest).sum()) == 20
    assert degree_N[rows.cached_C].min() >= degree_N[rest].max()
