"""Epochs are validated on a draw of the users where there are many; what came out is measured on all."""

from pathlib import Path

import numpy as np
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.evaluate.evaluator import Evaluator
from gnas.events import finish
from gnas.run.candidate import CandidateTraining
from gnas.run.measures import epoch_evaluator, validation_evaluator
from gnas.run.prepared import Prepared, prepare_run

CANDIDATE = Architecture.model_validate({"propagation": "none", "dim": 8, "epochs": 3, "lr": 0.05})


def prepared(limit: int, base: Path) -> Prepared:
    data = {"source": "synthetic", "synthetic": {"users": 120, "items": 60}}
    config = RunConfig.model_validate({"data": data, "train": {"validation_users": limit}})
    return finish(prepare_run(config, torch.device("cpu"), base))


def test_epochs_see_a_draw_and_the_result_everyone(tmp_path: Path) -> None:
    run = prepared(30, tmp_path)
    whole = validation_evaluator(run)
    watching = epoch_evaluator(run, whole)
    assert isinstance(watching, Evaluator)
    assert isinstance(whole, Evaluator)
    assert len(watching.users) == 30 < len(whole.users)
    assert np.isin(watching.users, whole.users).all()
    assert (epoch_evaluator(run, whole).users == watching.users).all()  # type: ignore[attr-defined]
    training = CandidateTraining(run, whole, CANDIDATE, 0, watching)
    epochs = list(training.epochs())
    best = [epoch for epoch in epochs if epoch.is_best][-1]
    assert best.metrics == watching(training.model).metrics
    assert training.measured() == whole(training.model).metrics
    assert training.measured()["ndcg@20"] != best.metrics["ndcg@20"]


def test_closed_forms_and_few_users_are_measured_on_everyone_at_once(tmp_path: Path) -> None:
    run = prepared(30, tmp_path)
    whole = validation_evaluator(run)
    ease = Architecture.model_validate({"propagation": "item_graph"})
    training = CandidateTraining(run, whole, ease, 0, epoch_evaluator(run, whole))
    (only,) = training.epochs()
    assert only.metrics == whole(training.model).metrics
    assert training.measured() == {}
    few = prepared(1000, tmp_path)
    evaluator = validation_evaluator(few)
    assert epoch_evaluator(few, evaluator) is evaluator
