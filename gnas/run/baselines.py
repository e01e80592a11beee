"""The classic baselines of a run: tuned once on validation, remembered with the data's fingerprint."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gnas
from gnas.baselines import BASELINES, baselines_for
from gnas.baselines.tune import FailedBaseline, tune_all
from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.data.cache import cache_folder
from gnas.errors import RunError
from gnas.evaluate.evaluator import Measure
from gnas.events import Note, Part, Phase, Work
from gnas.files import write_json
from gnas.metrics import metric_of
from gnas.nn.recommender import Recommender
from gnas.run.directory import read_json
from gnas.run.prepared import Prepared
from gnas.rundir.layout import RunDirectory


def tuned_baselines(
    prepared: Prepared,
    evaluator: Measure,
    run: RunDirectory,
    budget_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> Work[list[dict[str, Any]]]:
    """A record for each baseline, as baselines.json has them: made within about `budget_s`, or known for equal data.

    What this run or an earlier one found is taken over; baselines.json then says from where. `stop` is asked between
    baselines; what is found until then is returned, but not written.
    """
    objective = prepared.config.main_metric
    key = {"fingerprint": prepared.split.fingerprint, "objective": objective, "seed": prepared.config.seed}
    if run.baselines.exists():
        known = read_json(run.baselines)
        if all(known.get(name) == value for name, value in key.items()):
            return list(known["baselines"])
    place = cache_path({**key, "measured": measured(prepared.config)})
    earlier = cached(place, budget_s)
    if earlier is not None:
        yield Note(f"the baselines were tuned on these data before, in {earlier['wall_s']:.1f} s: taken from {place}")
        found, failed = list(earlier["baselines"]), list(earlier["failed"])
        write_json(run.baselines, {**key, "from_cache": str(place), "baselines": found, "failed": failed})
        return found
    started = time.perf_counter()
    yield Phase("tuning the baselines", total=len(baselines_for(objective)))
    found, failed = [], []
    for tuned in tune_all(prepared.graph, evaluator, objective, budget_s):
        if isinstance(tuned, FailedBaseline):
            failed.append(tuned.record())
            yield Note(f"the baseline {tuned.name} failed and is left out: {tuned.reason}")
        else:
            found.append(tuned.record())
            yield Part(tuned.name, tuned.evaluation.metrics[objective], tuned.wall_s)
        if stop():
            return found
    write_json(run.baselines, {**key, "from_cache": None, "baselines": found, "failed": failed})
    facts = {"budget_s": budget_s, "wall_s": time.perf_counter() - started, "complete": is_complete(found)}
    if not failed and (problem := keep(place, {**key, **facts, "baselines": found, "failed": failed})):
        yield Note(problem)
    return found


def measured(config: RunConfig) -> dict[str, Any]:
    """What the evaluator is asked for, which decides on the figures that a record holds."""
    return {"cutoffs": config.cutoffs, "metrics": sorted({*config.search.objectives, *config.search.limits})}


def as_candidates(run: RunDirectory) -> dict[str, Architecture]:
    """The tuned baselines of a run that are closed forms of the search too, best first: a search begins with them."""
    if not run.baselines.exists():
        return {}
    known = read_json(run.baselines)
    objective = known["objective"]
    gain = metric_of(objective).gain
    found = {}
    for record in sorted(known["baselines"], key=lambda record: gain(record["metrics"][objective]), reverse=True):
        candidate = BASELINES[record["name"]].candidate
        if candidate is not None:
            found[f"baseline {record['name']}"] = Architecture(propagation=candidate(**record["params"]))
    return found


def refit(record: dict[str, Any], prepared: Prepared) -> Recommender:
    """A baseline with the parameters that its tuning found, fitted on the train interactions."""
    return BASELINES[record["name"]].fit(prepared.graph, **record["params"])


def cache_path(key: dict[str, Any]) -> Path:
    """The file for everything that the answer depends on: `key`, this version of gnas, the grids."""
    grids = {name: list(BASELINES[name].grid) for name in baselines_for(key["objective"])}
    text = json.dumps([key, gnas.__version__, grids], sort_keys=True, default=str)
    return cache_folder() / "baselines" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def cached(path: Path, budget_s: float) -> dict[str, Any] | None:
    """What an earlier run found, if it tried every setting or had as much time; None if nothing of use is there."""
    try:
        known = read_json(path)
    except RunError:
        return None
    return known if known.get("complete") or known.get("budget_s", 0.0) >= budget_s else None


def is_complete(records: Sequence[dict[str, Any]]) -> bool:
    """Whether no setting was left out for want of time."""
    return all(len(record["attempts"]) == len(BASELINES[record["name"]].grid) for record in records)


def keep(path: Path, record: dict[str, Any]) -> str | None:
    """Write the file; a sentence if that failed, for a cache that cannot be written is no reason to end a search."""
    try:
        write_json(path, record)
    except OSError as error:
        return f"the tuned baselines cannot be kept in {path.parent} ({error.strerror}); later runs tune them again"
    return None
