"""Closed forms on a validation part that all rounds share: users are drawn again, since seeds would change nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.evaluate.statistics import paired_bootstrap
from gnas.events import finish
from gnas.run.contenders import contender
from gnas.run.evaluate import evaluate
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import prepare_run
from gnas.run.saved import Run
from gnas.run.search import search
from gnas.rundir.trial import read_architecture

CPU = torch.device("cpu")
SPACE = {"propagation": {"choice": {"spectral": {"rank": {"choice": [2, 12]}}}}}


@pytest.mark.parametrize("top", [2, 0])
def test_closed_forms_are_told_apart_user_by_user(tmp_path: Path, top: int) -> None:
    world = {"users": 80, "items": 40, "interactions_per_user": 10, "blocks": 4}
    tree: dict[str, Any] = {
        "data": {"source": "synthetic", "synthetic": world},
        "search": {"trials": 2, "confirm": {"top": top, "resample": False}, "baselines": False},
        "evaluate": {"cutoffs": [20], "bootstrap": 300},
        "seed": 2,
    }
    config = RunConfig.model_validate(tree)
    run = search(config, space=SPACE, device="cpu", out=tmp_path / "run")
    confirmed = run.best.confirmed
    assert confirmed is not None
    if top == 0:
        assert confirmed.p_value is confirmed.separated is None
        return
    prepared = finish(prepare_run(config, CPU, tmp_path))
    pair = [contender(run.directory, one.number) for one in confirmed.ranking]
    first, second = (
        validation_evaluator(prepared)(one.saved(prepared)).per_user["ndcg@20"] for one in pair if one is not None
    )
    p_value = paired_bootstrap(first, second, 300, config.seed).p
    assert confirmed.p_value == p_value
    assert confirmed.separated is (p_value < 0.05)


def contender_of(run: Run, number: int) -> Architecture:
    return read_architecture(run.directory.trial(number))


def test_a_look_shows_the_best_of_every_family_and_measures_what_a_baseline_is_once(tmp_path: Path) -> None:
    world = {"users": 80, "items": 40, "interactions_per_user": 10, "blocks": 4}
    space: dict[str, Any] = {
        "propagation": {"choice": {"none": {}, "lightgcn": {}, "item_graph": {}}},
        "dim": 8,
        "epochs": 4,
    }
    space["anchors"] = ["mf", "lightgcn-2", "ease", "als"]
    tree: dict[str, Any] = {
        "data": {"source": "synthetic", "synthetic": world},
        "search": {"trials": 8, "confirm": {"top": 2, "seeds": 1}},
        "evaluate": {"cutoffs": [20], "bootstrap": 100},
    }
    run = search(RunConfig.model_validate(tree), space=space, device="cpu", out=tmp_path / "run")
    look = evaluate(run, refit=True).look
    shown = [run.best.architecture, *(contender_of(run, one.trial) for one in look.rivals if one.trial is not None)]
    assert {one.family for one in shown} == {"graph network", "factorisation", "closed form"}
    assert all(one.lead is not None for one in look.families)
