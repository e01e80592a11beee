"""The classic baselines of a run: tuned once on validation, remembered with the data's fingerprint."""

from collections.abc import Callable
from typing import Any

from gnas.baselines import BASELINES, baselines_for
from gnas.baselines.tune import FailedBaseline, tune_all
from gnas.files import write_json
from gnas.nn.recommender import Recommender
from gnas.run.directory import RunDirectory, read_json
from gnas.run.events import Note, Part, Phase, Work
from gnas.run.prepared import Prepared, main_metric
from gnas.train.evaluator import Measure


def tuned_baselines(
    prepared: Prepared,
    evaluator: Measure,
    run: RunDirectory,
    budget_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> Work[list[dict[str, Any]]]:
    """A record for each baseline, as baselines.json has them: made within about `budget_s`, or read for equal data.

    `stop` is asked between baselines; what is found until then is returned, but not written.
    """
    objective = main_metric(prepared.config)
    key = {"fingerprint": prepared.split.fingerprint, "objective": objective, "seed": prepared.config.seed}
    if run.baselines.exists():
        known = read_json(run.baselines)
        if all(known.get(name) == value for name, value in key.items()):
            return list(known["baselines"])
    yield Phase("tuning the baselines", total=len(baselines_for(objective)))
    found: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for tuned in tune_all(prepared.graph, evaluator, objective, budget_s):
        if isinstance(tuned, FailedBaseline):
            failed.append(tuned.record())
            yield Note(f"the baseline {tuned.name} failed and is left out: {tuned.reason}")
        else:
            found.append(tuned.record())
            yield Part(tuned.name, tuned.evaluation.metrics[objective], tuned.wall_s)
        if stop():
            return found
    write_json(run.baselines, {**key, "baselines": found, "failed": failed})
    return found


def refit(record: dict[str, Any], prepared: Prepared) -> Recommender:
    """A baseline with the parameters that its tuning found, fitted on the train interactions."""
    return BASELINES[record["name"]].fit(prepared.graph, **record["params"])
