from pathlib import Path

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.data.interactions import Interactions
from gnas.events import finish
from gnas.run.prepared import Prepared, prepare_run
from gnas.run.setup import confirmation, resampled


def prepared(tmp_path: Path, **data: object) -> Prepared:
    config = RunConfig.model_validate(
        {"data": {"source": "synthetic", "synthetic": {"users": 60, "items": 40}, **data}, "train": {"epochs": 2}}
    )
    return finish(prepare_run(config, torch.device("cpu"), tmp_path))


def pairs(part: Interactions) -> set[tuple[int, int]]:
    return set(zip(part.user.tolist(), part.item.tolist(), strict=True))


def test_a_round_draws_validation_out_of_what_is_known_and_leaves_test_alone(tmp_path: Path) -> None:
    run = prepared(tmp_path)
    rounds = [resampled(run, index) for index in (0, 1)]
    known = pairs(run.split.train) | pairs(run.split.valid)
    for other in rounds:
        assert pairs(other.split.train) | pairs(other.split.valid) == known
        assert not pairs(other.split.train) & pairs(other.split.valid)
        assert abs(len(other.split.valid) - len(run.split.valid)) <= 1
        assert other.split.test is run.split.test
        assert other.graph.n_interactions == len(other.split.train)
    first, second = (pairs(other.split.valid) for other in rounds)
    assert len(first & second) < 0.5 * len(first)
    np.testing.assert_array_equal(resampled(run, 0).split.valid.item, rounds[0].split.valid.item)


def test_candidates_of_a_round_meet_the_same_draw_and_closed_forms_differ_between_rounds(tmp_path: Path) -> None:
    train = confirmation(prepared(tmp_path))
    assert train is not None
    ease = Architecture.model_validate({"propagation": "item_graph"})
    (first,), (again,), (other,) = (list(train(ease, seed, index).epochs()) for seed, index in ((1, 0), (2, 0), (1, 1)))
    assert first.metrics == again.metrics
    assert first.metrics != other.metrics


@pytest.mark.parametrize("split", [{"kind": "leave-out", "valid": 1, "test": 1}, {"kind": "user-time"}])
def test_validation_that_is_no_random_draw_is_kept(split: dict[str, object], tmp_path: Path) -> None:
    assert confirmation(prepared(tmp_path, split=split)) is None
