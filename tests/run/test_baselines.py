from pathlib import Path
from typing import Any

import pytest
import torch

from gnas.baselines.tune import tune_all
from gnas.config.run import RunConfig
from gnas.events import Note, finish
from gnas.run import baselines
from gnas.run.baselines import tuned_baselines
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Prepared, prepare_run
from gnas.rundir.baselines import BaselineRecord, read_baselines
from gnas.rundir.layout import RunDirectory

WORLD = {"source": "synthetic", "synthetic": {"users": 60, "items": 40, "interactions_per_user": 8}}


def prepared(**more: Any) -> Prepared:
    config = RunConfig.model_validate({"data": WORLD, **more})
    return finish(prepare_run(config, torch.device("cpu"), Path()))


def tuned(world: Prepared, folder: Path, budget_s: float = 1e9) -> tuple[tuple[BaselineRecord, ...], list[str]]:
    """The records, and what was said on the way."""
    folder.mkdir()
    notes: list[str] = []
    work = tuned_baselines(world, validation_evaluator(world), RunDirectory(folder), budget_s)
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            return stop.value, notes
        if isinstance(event, Note):
            notes.append(event.text)


@pytest.fixture
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The budgets of every tuning that really took place."""
    seen: list[float] = []
    true = tune_all

    def counted(graph: Any, evaluator: Any, objective: str, budget_s: float) -> Any:
        seen.append(budget_s)
        return true(graph, evaluator, objective, budget_s)

    monkeypatch.setattr(baselines, "tune_all", counted)
    return seen


@pytest.mark.usefixtures("_own_cache")
def test_a_second_run_on_the_same_data_spends_nothing(tmp_path: Path, fits: list[float]) -> None:
    first, said = tuned(prepared(), tmp_path / "a")
    assert said == []
    kept = read_baselines(RunDirectory(tmp_path / "a"))
    assert kept is not None
    assert kept.from_cache is None
    second, said = tuned(prepared(), tmp_path / "b")
    assert second == first
    assert len(fits) == 1
    kept = read_baselines(RunDirectory(tmp_path / "b"))
    assert kept is not None
    assert kept.baselines == first
    assert kept.from_cache is not None
    assert Path(kept.from_cache).parent == tmp_path / "cache" / "baselines"
    assert "tuned on these data before" in said[0]


@pytest.mark.usefixtures("_own_cache")
@pytest.mark.parametrize(
    "other",
    [
        {"data": {**WORLD, "split": {"kind": "random", "valid": 0.3, "test": 0.2}}},
        {"search": {"objective": "recall@20"}},
        {"evaluate": {"cutoffs": [5]}},
        {"seed": 1},
    ],
)
def test_another_question_is_answered_anew(other: dict[str, Any], tmp_path: Path, fits: list[float]) -> None:
    tuned(prepared(), tmp_path / "a", 1.0)
    tuned(prepared(**other), tmp_path / "b", 1.0)
    assert len(fits) == 2


@pytest.mark.usefixtures("_own_cache")
def test_a_tuning_cut_short_serves_only_runs_with_as_little_time(tmp_path: Path, fits: list[float]) -> None:
    hasty, _ = tuned(prepared(), tmp_path / "a", 0.0)
    assert all(len(record.attempts) == 1 for record in hasty)
    tuned(prepared(), tmp_path / "b", 0.0)
    assert len(fits) == 1
    thorough, _ = tuned(prepared(), tmp_path / "c", 1e9)
    assert len(fits) == 2
    assert sum(len(record.attempts) for record in thorough) > len(thorough)
    assert tuned(prepared(), tmp_path / "d", 0.0)[0] == thorough, "never worse than what is known"


@pytest.mark.usefixtures("_own_cache")
def test_another_version_and_a_damaged_file_are_no_answer(
    tmp_path: Path, fits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned(prepared(), tmp_path / "a", 0.0)
    for path in (tmp_path / "cache" / "baselines").iterdir():
        path.write_text("{")
    tuned(prepared(), tmp_path / "b", 0.0)
    assert len(fits) == 2
    monkeypatch.setattr("gnas.__version__", "99")
    tuned(prepared(), tmp_path / "c", 0.0)
    assert len(fits) == 3


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path / "file"))
    records, said = tuned(prepared(), tmp_path / "a", 0.0)
    assert records
    assert "cannot be kept in" in said[0]
