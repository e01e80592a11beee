import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.errors import RunError
from gnas.events import finish
from gnas.run.evaluate import evaluate
from gnas.run.prepared import prepare_run
from gnas.run.refit import confirmed_epochs, fitted, on_everything_known
from gnas.run.train import train
from gnas.rundir.best import BestRecord, read_best
from gnas.train.loop import Epoch

CPU = torch.device("cpu")
TRAINED = Architecture.model_validate({"propagation": "none", "dim": 16, "lr": 0.05, "epochs": 12})
CLOSED = Architecture.model_validate({"propagation": {"item_graph": {}}})


def config(**evaluate: Any) -> RunConfig:
    """A planted world of which validation holds half: who does not learn from it knows little."""
    world = {"users": 150, "items": 60, "interactions_per_user": 12, "blocks": 4, "noise": 0.0}
    split = {"kind": "random", "valid": 0.5, "test": 0.2}
    tree = {"data": {"source": "synthetic", "synthetic": world, "split": split}}
    return RunConfig.model_validate({**tree, "evaluate": {"bootstrap": 100, "seeds": 2, **evaluate}})


def test_everything_known_is_train_and_validation_and_nothing_of_test(tmp_path: Path) -> None:
    prepared = finish(prepare_run(config(), CPU, tmp_path))
    whole = on_everything_known(prepared)
    old, new = prepared.split, whole.split
    assert whole.graph.n_interactions == len(new.train) == len(old.train) + len(old.valid)
    assert len(new.valid) == 0
    pairs = [set(zip(part.user.tolist(), part.item.tolist(), strict=True)) for part in (new.train, old.test)]
    assert not pairs[0] & pairs[1]
    assert new.fingerprint == old.fingerprint


def test_the_model_is_trained_for_exactly_the_epochs_asked_for(tmp_path: Path) -> None:
    whole = on_everything_known(finish(prepare_run(config(), CPU, tmp_path)))
    patient = TRAINED.model_copy(update={"patience": 1})
    tables = []
    for epochs in (3, 3, 4):
        work, events = fitted(whole, patient, epochs, 1), []
        while True:
            try:
                events.append(next(work))
            except StopIteration as stop:
                model = stop.value
                break
        assert len(events) == 1 + epochs
        assert [event.index for event in events[1:] if isinstance(event, Epoch)] == list(range(1, epochs + 1))
        assert all(math.isnan(event.best_value) for event in events[1:] if isinstance(event, Epoch)), (
            "none was measured"
        )
        tables.append(model.score(torch.arange(5)).detach().numpy())
    assert np.array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0], tables[2])


@pytest.mark.parametrize("architecture", [TRAINED, CLOSED], ids=["trained", "closed form"])
def test_a_refitted_winner_knows_more_and_the_look_says_so(architecture: Architecture, tmp_path: Path) -> None:
    run = train(architecture, config(), out=tmp_path / "run")
    saved = run.directory.model.read_bytes()
    before = evaluate(run, baselines=False)
    after = evaluate(run, baselines=False, refit=True)
    assert after.metrics["ndcg@20"] - before.metrics["ndcg@20"] > 0.02
    assert after.look.refit is not None
    assert after.look.refit.epochs == read_best(run.directory).best_epochs
    assert "fitted on train and validation" in after.look.protocol
    assert before.look.refit is None
    assert "refit" not in before.document()
    assert after.looks == 2
    assert run.looks == (before.look, after.look)
    assert run.directory.model.read_bytes() == saved


def test_baselines_are_refitted_likewise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "cache"))
    run = train(CLOSED, config(), out=tmp_path / "run")
    looks = [evaluate(run, refit=refit).look for refit in (False, True)]
    values = [{one.name: one.metrics["ndcg@20"].value for one in look.baselines} for look in looks]
    for name in ("ease", "item-knn", "rp3beta"):
        assert values[1][name] > values[0][name] + 0.02


def test_an_architecture_on_several_seeds_is_refitted_on_each(tmp_path: Path) -> None:
    plain, refitted = (
        evaluate(TRAINED, config(refit=refit), baselines=False, out=tmp_path / str(refit)) for refit in (False, True)
    )
    assert refitted.look.refit is not None
    assert refitted.look.refit.epochs == tuple(one.best_epoch for one in plain.look.seeds)
    assert refitted.metrics["ndcg@20"] > plain.metrics["ndcg@20"] + 0.02


def test_the_epochs_are_the_median_over_the_seeds() -> None:
    assert confirmed_epochs(BestRecord("a", {}, (7, 30, 9))) == 9
    with pytest.raises(RunError, match="does not say after how many epochs"):
        confirmed_epochs(BestRecord("a", {}))
