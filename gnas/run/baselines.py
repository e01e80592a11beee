"""The baselines of a run: tuned once on validation, and kept across runs.

Equal data and an equal question have an equal answer, so a later run takes the baselines from the cache.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gnas
from gnas.baselines import BASELINES, baselines_for, candidate_of
from gnas.baselines.tune import tune_all
from gnas.config.architecture import Architecture
from gnas.data.cache import cache_folder
from gnas.errors import RunError
from gnas.evaluate.evaluator import Measure
from gnas.events import Note, Part, Phase, Work
from gnas.metrics import metric_of
from gnas.nn.recommender import Recommender
from gnas.run.prepared import Prepared
from gnas.rundir.baselines import BaselineRecord, BaselinesRecord, FailedBaseline, read_baselines
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_record, write_record


@dataclass(frozen=True)
class CachedTuning:
    """Tuned baselines in the cache: the seconds allowed and taken, and whether no setting was left out for time."""

    budget_s: float
    wall_s: float
    complete: bool
    baselines: tuple[BaselineRecord, ...]
    failed: tuple[FailedBaseline, ...] = ()


def tuned_baselines(
    prepared: Prepared,
    evaluator: Measure,
    run: RunDirectory,
    budget_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> Work[tuple[BaselineRecord, ...]]:
    """Every baseline, tuned within about `budget_s` seconds, or taken from this run or an earlier one on equal data.

    baselines.json then says from where. `stop` is asked between baselines; what is found until then is returned, but
    not written.
    """
    objective = prepared.config.main_metric
    key = (prepared.split.fingerprint, objective, prepared.config.seed)
    known = read_baselines(run)
    if known is not None and (known.fingerprint, known.objective, known.seed) == key:
        return known.baselines
    place = _cache_path(prepared)
    cached = _cached(place, budget_s)
    if cached is not None:
        yield Note(f"the baselines were tuned on these data before, in {cached.wall_s:.1f} s: taken from {place}")
        write_record(run.baselines, BaselinesRecord(*key, str(place), cached.baselines, cached.failed))
        return cached.baselines
    started = time.perf_counter()
    yield Phase("tuning the baselines", total=len(baselines_for(objective)))
    found: list[BaselineRecord] = []
    failed: list[FailedBaseline] = []
    for tuned in tune_all(prepared.graph, evaluator, objective, budget_s):
        if isinstance(tuned, FailedBaseline):
            failed.append(tuned)
            yield Note(f"the baseline {tuned.name} failed and is left out: {tuned.reason}")
        else:
            found.append(tuned)
            yield Part(tuned.name, tuned.metrics[objective], tuned.wall_s)
        if stop():
            return tuple(found)
    write_record(run.baselines, BaselinesRecord(*key, None, tuple(found), tuple(failed)))
    wall_s = time.perf_counter() - started
    complete = all(len(record.attempts) == BASELINES[record.name].most for record in found)
    problem = None if failed else _keep(place, CachedTuning(budget_s, wall_s, complete, tuple(found)))
    if problem is not None:
        yield Note(problem)
    return tuple(found)


def as_candidates(run: RunDirectory) -> dict[str, Architecture]:
    """The tuned baselines of a run that are closed forms of the search too, best first: a search begins with them."""
    known = read_baselines(run)
    if known is None:
        return {}
    gain = metric_of(known.objective).gain
    found: dict[str, Architecture] = {}
    for record in sorted(known.baselines, key=lambda one: gain(one.metrics[known.objective]), reverse=True):
        candidate = candidate_of(record)
        if candidate is not None:
            found[f"baseline {record.name}"] = candidate
    return found


def refit_baseline(record: BaselineRecord, prepared: Prepared) -> Recommender:
    """A baseline with the parameters that its tuning found, fitted on the train interactions."""
    return BASELINES[record.name].fit(prepared.graph, **record.params)


def _cache_path(prepared: Prepared) -> Path:
    """The file for everything that the answer depends on: data, question, this version of gnas, the grids."""
    config = prepared.config
    objective = config.main_metric
    key = {
        "fingerprint": prepared.split.fingerprint,
        "objective": objective,
        "seed": config.seed,
        "measured": {"cutoffs": config.cutoffs, "metrics": sorted({*config.search.objectives, *config.search.limits})},
    }
    grids = {name: [*BASELINES[name].grid, BASELINES[name].moves] for name in baselines_for(objective)}
    text = json.dumps([key, gnas.__version__, grids], sort_keys=True, default=str)
    return cache_folder() / "baselines" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def _cached(path: Path, budget_s: float) -> CachedTuning | None:
    """What an earlier run found, if it tried every setting or had as much time; None if nothing of use is there."""
    try:
        known = read_record(CachedTuning, path, "remove it")
    except RunError:
        return None
    return known if known.complete or known.budget_s >= budget_s else None


def _keep(path: Path, tuning: CachedTuning) -> str | None:
    """Write the file; a sentence if that failed, for a cache that cannot be written is no reason to end a search."""
    try:
        write_record(path, tuning)
    except OSError as error:
        return f"the tuned baselines cannot be kept in {path.parent} ({error.strerror}); later runs tune them again"
    return None
