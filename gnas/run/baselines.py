"""The classic baselines of a run: tuned once on validation, remembered with the data's fingerprint."""

from collections.abc import Callable
from typing import Any

from gnas.baselines import BASELINES
from gnas.baselines.tune import tune
from gnas.errors import TrialFailed
from gnas.files import write_json
from gnas.nn.recommender import Recommender
from gnas.run.directory import RunDirectory, read_json
from gnas.run.events import Note, Part, Phase, Work
from gnas.run.prepared import Prepared, main_metric
from gnas.train.evaluator import Evaluator


def tuned_baselines(
    prepared: Prepared,
    evaluator: Evaluator,
    run: RunDirectory,
    budget_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> Work[dict[str, Any]]:
    """The contents of baselines.json: made within about `budget_s`, or read where they stand for the same data.

    `stop` is asked between baselines; what is found until then is returned, but not written.
    """
    key = {"fingerprint": prepared.split.fingerprint, "objective": main_metric(prepared.config)}
    if run.baselines.exists():
        known = read_json(run.baselines)
        if all(known.get(name) == value for name, value in key.items()):
            return known
    yield Phase("tuning the baselines", total=len(BASELINES))
    found: list[dict[str, Any]] = []
    for name in BASELINES:
        if stop():
            return {**key, "baselines": found}
        try:
            tuned = tune(name, prepared.graph, evaluator, key["objective"], budget_s / len(BASELINES))
        except TrialFailed as error:
            yield Note(f"baseline {name} failed and is left out: {error}")
            continue
        metrics = tuned.evaluation.metrics
        found.append({"name": name, "params": tuned.params, "metrics": metrics, "wall_s": tuned.wall_s})
        yield Part(name, metrics[key["objective"]], tuned.wall_s)
    document = {**key, "baselines": found}
    write_json(run.baselines, document)
    return document


def refit(record: dict[str, Any], prepared: Prepared) -> Recommender:
    """A baseline with the parameters that its tuning found, fitted on the train interactions."""
    return BASELINES[record["name"]].fit(prepared.graph, **record["params"])
