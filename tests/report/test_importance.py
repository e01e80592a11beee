from pathlib import Path

import optuna

from gnas.config.run import SearchConfig
from gnas.report.importance import FEWEST_TRIALS, importances
from gnas.rng import numpy_rng
from gnas.rundir.layout import RunDirectory
from gnas.search.storage import open_study, opened_storage


def fill(run: RunDirectory, n: int) -> None:
    """Trials whose value is `x`, whatever `y` is."""
    rng = numpy_rng(0, "importance")
    real = optuna.distributions.FloatDistribution(0, 1)
    with opened_storage(SearchConfig(), run) as storage:
        open_study(storage, "gnas", ["maximize"], resume=False)
        study = optuna.load_study(study_name="gnas", storage=storage)
        for x, y in rng.random((n, 2)):
            study.add_trial(
                optuna.trial.create_trial(params={"x": x, "y": y}, distributions={"x": real, "y": real}, value=x)
            )


def test_the_parameter_that_matters_comes_first(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    fill(run, 40)
    found = importances(run, SearchConfig())
    assert next(iter(found)) == "x"
    assert found["x"] > 2 * found.get("y", 0.0)


def test_few_trials_say_nothing(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    fill(run, FEWEST_TRIALS - 1)
    assert importances(run, SearchConfig()) == {}


def test_without_a_study_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert importances(RunDirectory(tmp_path), SearchConfig()) == {}
