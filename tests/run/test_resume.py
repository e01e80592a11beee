from pathlib import Path

import pytest

from gnas.config.run import RunConfig
from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.run.resume import differences, refuse_other_space, resume_config
from gnas.rundir.beginning import read_space, write_space
from gnas.rundir.layout import RunDirectory
from gnas.space.load import load_space

SPACE = {"dim": {"choice": [8, 16]}, "lr": 0.01}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    run = RunDirectory(tmp_path)
    config = RunConfig.model_validate({"data": {"source": "synthetic"}, "search": {"trials": 5, "timeout": 90.0}})
    run.config.write_text(dump_yaml({**config.model_dump(mode="python"), "space": "space.yaml"}))
    write_space(run, SPACE)
    return run


def test_the_saved_configuration_comes_back_as_it_was(run: RunDirectory) -> None:
    config = resume_config(run)
    assert config.search.trials == 5
    assert config.search.timeout == 90


def test_the_budget_and_the_device_may_change(run: RunDirectory) -> None:
    config = resume_config(run, [("search.trials", 9), ("search.timeout", "3m"), ("device", "cpu")])
    assert (config.search.trials, config.search.timeout, config.device) == (9, 180, "cpu")


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (("seed", 4), "seed: 0 -> 4"),
        (("data.filter.core", 5), "data.filter.core: None -> 5"),
        (("search.sampler", "tpe"), "search.sampler: portfolio -> tpe"),
        (("train.epochs", 7), "train.epochs: None -> 7"),
    ],
)
def test_what_the_trials_rest_on_may_not_change(run: RunDirectory, override: tuple[str, object], line: str) -> None:
    with pytest.raises(RunError, match="the configuration differs from that of") as refused:
        resume_config(run, [override])
    assert line in str(refused.value)


def test_the_space_is_frozen(run: RunDirectory) -> None:
    assert list(read_space(run).parameters()) == ["dim"]
    run.space.write_text(dump_yaml({**SPACE, "lr": 0.02}))
    with pytest.raises(RunError, match=r"space\.yaml was edited since the search began"):
        read_space(run)


def test_an_equal_space_passes_and_another_is_shown(run: RunDirectory) -> None:
    refuse_other_space(run, load_space(SPACE))
    with pytest.raises(RunError, match=r"(?s)dim\.choice: \[8, 16\] -> \[8, 32\].*lr: 0\.01 -> absent"):
        refuse_other_space(run, load_space({"dim": {"choice": [8, 32]}}))


def test_differences_name_every_leaf() -> None:
    old, new = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 5}, "e": 4}
    assert [key for key, _ in differences(old, new)] == ["a.c", "d", "e"]
