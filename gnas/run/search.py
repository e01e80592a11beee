"""A whole search: data, graph, baselines, trials, confirmation, the best model. Generators of events throughout."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from gnas.config.architecture import Architecture
from gnas.config.describe import describe
from gnas.config.load import load_architecture
from gnas.config.run import RunConfig
from gnas.errors import RunError
from gnas.events import Note, Phase, Work
from gnas.files import write_bytes
from gnas.run.baselines import tuned_baselines
from gnas.run.beginning import write_beginning
from gnas.run.directory import read_json
from gnas.run.ensemble import contestants, ensemble_of, forget_other, saved_ensemble
from gnas.run.fork import Fork, write_fork
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Prepared, Tick, no_tick, pinned, prepare_run, read_features
from gnas.run.saved import write_best
from gnas.run.separation import told_apart
from gnas.run.setup import require_password, setup_of
from gnas.run.worker import helpers
from gnas.rundir.layout import RunDirectory
from gnas.search.events import SearchEnded
from gnas.search.search import search
from gnas.space.search_space import SearchSpace

BASELINE_SHARE = 0.1
"""Share of the wall time for the baselines, where there is a limit."""
BASELINE_S = 60.0
"""Seconds for the baselines, at most."""


@dataclass(frozen=True)
class SearchResult:
    """What a search came to. `best` is None where it was stopped before the first trial was over.

    `front` is the contents of pareto.json, for several objectives; `ensemble` those of best/ensemble.json, if any.
    """

    run: RunDirectory
    reason: str
    objective: str
    best: Architecture | None
    words: str
    metrics: dict[str, float]
    confirmed: dict[str, Any] | None
    baselines: list[dict[str, Any]]
    failures: dict[str, int]
    front: dict[str, Any] | None = None
    ensemble: dict[str, Any] | None = None


def search_run(
    run: RunDirectory,
    config: RunConfig,
    space: SearchSpace,
    device: torch.device,
    *,
    resume: bool = False,
    fork: Fork | None = None,
    stop: Callable[[], bool] = lambda: False,
    tick: Tick = no_tick,
) -> Work[SearchResult]:
    """Search `space` under `config` and leave everything in `run`, an empty folder or, with `resume`, a run.

    With `fork`, the architectures that an old run had complete are trained before all others.
    `stop` is asked between steps; once it says yes, the search ends early and can be resumed.

    Raises:
        DataError, RunError, SearchFailed: see `gnas.errors`.
    """
    require_password(config)
    started = time.monotonic()
    fingerprint = read_json(run.data)["fingerprint"] if resume else None
    prepared = yield from prepare_run(config, device, run.path, fingerprint, tick)
    if not resume:
        write_beginning(run, prepared, space.written())
    if fork is not None:
        write_fork(run, fork)
        for sentence in fork.sentences():
            yield Note(sentence)
    yield from read_features(prepared, space, tick)
    evaluator = validation_evaluator(prepared)
    baselines: list[dict[str, Any]] = []
    if config.search.baselines:
        baselines = yield from tuned_baselines(prepared, evaluator, run, baseline_budget_s(config), stop)
    yield Phase("searching")
    ended: SearchEnded | None = None
    setup = setup_of(prepared, evaluator, space, time.monotonic() - started, run)
    with helpers(run, config, device):
        for event in search(setup, run.path, resume=resume, stop=stop):
            yield event
            if isinstance(event, SearchEnded):
                ended = event
    if ended is None:
        raise RunError(f"the search in {run.path} ended without a result")
    if ended.best is not None and ended.reason != "stopped":
        ended = replace(ended, best=told_apart(run, prepared, evaluator, ended.best))
    candidates = contestants(run, [one.number for one in ended.ranking])
    forget_other(run, candidates)
    result = _result(run, prepared, ended, baselines)
    if result.best is None or ended.reason == "stopped" or config.search.ensemble == 0:
        return replace(result, ensemble=saved_ensemble(run))
    return replace(result, ensemble=(yield from ensemble_of(run, prepared, evaluator, candidates, stop)))


def baseline_budget_s(config: RunConfig) -> float:
    """Seconds for tuning all baselines together."""
    timeout = config.search.timeout
    return BASELINE_S if timeout is None else min(BASELINE_S, BASELINE_SHARE * timeout)


def _result(run: RunDirectory, prepared: Prepared, ended: SearchEnded, baselines: list[dict[str, Any]]) -> SearchResult:
    objective = prepared.config.main_metric
    if ended.best is None:
        return SearchResult(run, ended.reason, objective, None, "", {}, None, baselines, ended.failures)
    winner = ended.best.confirmed
    trial = run.trial(winner.number)
    architecture = load_architecture(str(trial.architecture))
    status = read_json(trial.status)
    metrics = status["metrics"]
    again = [read_json(path) for path in sorted((run.path / "confirm" / winner.identity).glob("*.json"))]
    best_epochs = [status["best_epoch"], *(record["best_epoch"] for record in again if record["values"] is not None)]
    confirmed = {
        "number": winner.number,
        "value": winner.value,
        "fresh": list(winner.fresh),
        "mean": winner.mean,
        "spread": winner.spread,
        "second": None if ended.best.second is None else ended.best.second.number,
        "p_value": ended.best.p_value,
        "separated": ended.best.separated,
    }
    write_bytes(run.model, trial.model.read_bytes())
    write_best(run, pinned(prepared, architecture), metrics, confirmed=confirmed, best_epochs=best_epochs)
    front = read_json(run.path / "pareto.json") if ended.front else None
    return SearchResult(
        run,
        ended.reason,
        objective,
        architecture,
        describe(architecture),
        metrics,
        confirmed,
        baselines,
        ended.failures,
        front,
    )
