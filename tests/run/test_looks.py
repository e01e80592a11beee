"""Looks at test are counted over all runs on the same data."""

from pathlib import Path

import pytest

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.report.results import looks_sentence
from gnas.run.compare import compare
from gnas.run.evaluate import evaluate
from gnas.run.train import train

CLOSED = Architecture.model_validate({"propagation": {"item_graph": {}}})


def config(seed: int = 0) -> RunConfig:
    world = {"users": 60, "items": 40, "interactions_per_user": 8, "blocks": 4}
    data = {"source": "synthetic", "synthetic": world}
    return RunConfig.model_validate({"data": data, "evaluate": {"bootstrap": 100}, "seed": seed})


def test_a_new_run_on_old_data_does_not_begin_at_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "cache"))
    first, second = (train(CLOSED, config(), out=tmp_path / name) for name in ("first", "second"))
    looks = [evaluate(run, baselines=False) for run in (first, second, second)]
    assert [(look.looks, look.look.of_data) for look in looks] == [(1, 1), (1, 2), (2, 3)]
    assert compare([first, second]).look.of_data == 4
    other = train(CLOSED, config(seed=1), out=tmp_path / "other")
    assert evaluate(other, baselines=False).look.of_data == 1, "another split"


def test_a_cache_that_cannot_be_written_stops_nothing_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    run = train(CLOSED, config(), out=tmp_path / "run")
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "file"))
    found = evaluate(run, baselines=False)
    assert (found.looks, found.look.of_data) == (1, 0)
    assert "could not be counted" in looks_sentence(found.looks, found.look.of_data)
