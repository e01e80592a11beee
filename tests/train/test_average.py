"""Averages of the parameters over the steps of a training."""

from typing import Any

import pytest
import torch
from torch import nn

from gnas.config.architecture import Trained
from gnas.nn.model import Candidate
from gnas.train.average import Average
from gnas.train.plan import whole_graph_only
from tests.train.planted_worlds import World, blocks, learn


@pytest.fixture(scope="module")
def world() -> World:
    return blocks()


def test_the_average_is_a_plain_mean_until_it_forgets() -> None:
    parameter = nn.Parameter(torch.full((2,), 100.0))
    average, seen, expected = Average([parameter], 0.75), [], torch.zeros(2)
    for step in range(1, 9):
        with torch.no_grad():
            parameter.fill_(float(step**2))
        average.update()
        seen.append(float(step**2))
        expected = torch.full((2,), sum(seen) / step) if step <= 4 else 0.75 * expected + 0.25 * step**2
        with average.in_place():
            torch.testing.assert_close(parameter.detach(), expected)
        assert parameter.tolist() == [step**2] * 2, "the training goes on from where it was"


def test_what_is_validated_and_kept_is_the_average(world: World) -> None:
    """Of a training of one step an epoch: the mean of the states after each of the first steps."""
    parts: dict[str, Any] = {"batch_size": 10**6, "loss": "bpr", "patience": 50}
    states = []
    for n in (1, 2, 3, 4):
        plain, _ = learn(world, {**parts, "epochs": n}, evaluate_every=n)
        assert isinstance(plain, Candidate)
        states.append(plain.embedding.detach().clone())
    averaged, epochs = learn(world, {**parts, "epochs": 4, "ema": 0.9}, evaluate_every=4)
    assert isinstance(averaged, Candidate)
    torch.testing.assert_close(averaged.embedding.detach(), torch.stack(states).mean(0))
    assert epochs[-1].metrics == world.evaluator(averaged).metrics


def test_without_an_average_candidates_are_who_they_were() -> None:
    assert "ema" not in Trained().canonical()
    assert Trained(ema=0.9).identity != Trained().identity
    assert "ema 0.9" in Trained(ema=0.9).words


def test_an_average_needs_the_whole_graph() -> None:
    assert whole_graph_only(Trained()) is None
    assert whole_graph_only(Trained(ema=0.9)) == "it averages its parameters"
