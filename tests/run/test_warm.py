from pathlib import Path

import pytest

from gnas.config.architecture import Architecture, Trained
from gnas.config.run import RunConfig
from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.files import write_json
from gnas.run.setup import TOP, warm_architectures
from gnas.rundir.layout import TrialFolder
from gnas.rundir.record import write_record
from gnas.rundir.trial import State, TrialStatus
from tests.forms import trained

COUNTS = ("n_users", "n_items", "n_train", "n_valid", "n_test")


def warm(
    runs: list[Path], metric: str, source: str = "clicks.csv", fingerprint: str = "same"
) -> dict[str, Architecture]:
    config = RunConfig.model_validate({"data": {"source": source}, "search": {"objective": metric}})
    return warm_architectures([str(run) for run in runs], config, fingerprint)


def trial(folder: Path, number: int, value: float, state: State = "complete") -> None:
    place = folder / "trials" / f"{number:04d}"
    place.mkdir(parents=True)
    (place / "architecture.yaml").write_text(dump_yaml(Trained(dim=number + 1).written()))
    write_record(TrialFolder(place).status, TrialStatus(number, state, metrics={"ndcg@20": value, "rmse": value}))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("data: {source: clicks.csv}\n")
    write_json(tmp_path / "data.json", {**dict.fromkeys(COUNTS, 1), "fingerprint": "same", "report": []})
    for number in range(8):
        trial(tmp_path, number, number / 10, "pruned" if number == 7 else "complete")
    return tmp_path


def test_the_best_come_first_and_pruned_ones_stay_out(run: Path) -> None:
    found = warm([run], "ndcg@20")
    assert [trained(one).dim for one in found.values()] == [7, 6, 5, 4, 3]
    assert len(found) == TOP
    assert next(iter(found)) == f"{run.name} 0006"


def test_the_direction_of_the_metric_counts(run: Path) -> None:
    assert [trained(one).dim for one in warm([run], "rmse").values()] == [1, 2, 3, 4, 5]


def test_the_same_architecture_is_taken_once(run: Path) -> None:
    assert len(warm([run, run], "ndcg@20")) == TOP


def test_a_run_without_such_trials_is_refused(run: Path) -> None:
    with pytest.raises(RunError, match=r"no trial of .* was completed with recall@5"):
        warm([run], "recall@5")


def test_another_split_of_the_same_data_is_refused_and_other_data_are_not(run: Path) -> None:
    with pytest.raises(RunError, match=r"searched another split of .*clicks\.csv \(fingerprint same, now other\)"):
        warm([run], "ndcg@20", fingerprint="other")
    assert warm([run], "ndcg@20", source="shop.csv", fingerprint="other") == warm([run], "ndcg@20")
