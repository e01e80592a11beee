"""A whole search: data, graph, baselines, trials, confirmation, the best model."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

from gnas.config.run import RunConfig
from gnas.errors import ConfigError, RunError
from gnas.events import Begun, Note, OnEvent, Phase, Tick, Work, finish, no_tick, tick_of
from gnas.report.page import write_report
from gnas.run.baselines import tuned_baselines
from gnas.run.configure import data_name, new_run, overrides_of, settle, with_limits
from gnas.run.contenders import told_apart
from gnas.run.ensemble import contestants, ensemble_of, forget_other
from gnas.run.frames import Frame
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Prepared, begin_run, pinned, prepare_run, read_features
from gnas.run.resume import fork_config, fork_of, refuse_other_config, refuse_other_space, resume_config
from gnas.run.saved import Run, directory_of
from gnas.run.settings import Asked, Data, Settings, asked_for
from gnas.run.setup import blend_s, check_search, require_password, setup_of
from gnas.run.worker import helpers
from gnas.rundir.beginning import read_data, read_space
from gnas.rundir.best import BestRecord, keep_best
from gnas.rundir.confirm import Confirmation, fresh_trainings
from gnas.rundir.fork import Fork, write_fork
from gnas.rundir.layout import RunDirectory
from gnas.rundir.trial import read_architecture, read_status
from gnas.search.events import SearchEnded
from gnas.search.search import search as search_candidates
from gnas.space.load import load_space
from gnas.space.search_space import SearchSpace
from gnas.train.device import resolve_device

BASELINE_SHARE = 0.1
"""Share of the wall time for the baselines, where there is a limit."""
BASELINE_S = 60.0
"""Seconds for the baselines, at most."""
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Plan:
    """What to search, and under which configuration.

    Attributes:
        names: what data and space are called, for the name of the directory.
        notes: what should be said about them.
        fork: architectures of an old run that are trained first.
        frame: the data, where they came as a frame.
        resumed: the run to go on with.
    """

    config: RunConfig
    space: SearchSpace
    names: tuple[str, str]
    notes: tuple[str, ...] = ()
    fork: Fork | None = None
    frame: Frame | None = None
    resumed: RunDirectory | None = None


def search(
    data: Data | None = None,
    *,
    out: str | Path | None = None,
    resume: Run | str | Path | None = None,
    fork: Run | str | Path | None = None,
    stop: Stop = lambda: False,
    on_event: OnEvent | None = None,
    **settings: Unpack[Settings],
) -> Run:
    """Find the best architecture for some data.

    Args:
        data: what to search on: a file, a folder, a named data set, a frame, or a configuration.
        out: the new run directory; by default under `runs/`.
        resume: a run to go on with, which `stop` or a crash ended.
        fork: an old run whose architectures are trained first, where space, data or settings change.
        stop: asked between steps; once it says yes, the search ends early and can be resumed.
        on_event: called with every event; by default the search is quiet.
        settings: see `gnas.run.settings.Settings`.

    Raises:
        ConfigError, DataError, RunError, DeviceError: something that was given cannot be used.
        SearchFailed: no trial was completed.
    """
    asked = asked_for(data, settings)
    return finish(search_events(plan(asked, out=out, resume=resume, fork=fork), out, stop, tick_of(on_event)), on_event)


def plan(
    asked: Asked,
    *,
    out: str | Path | None = None,
    resume: Run | str | Path | None = None,
    fork: Run | str | Path | None = None,
) -> Plan:
    """What to search, checked before anything is read or made.

    Raises:
        ConfigError, RunError: something in it is wrong, or a resumed run is not what it was.
    """
    if resume is not None and fork is not None:
        raise ConfigError("--resume continues a run, --fork starts a new one; give only one of them")
    if resume is not None:
        if out is not None:
            raise ConfigError(f"--resume continues in {resume} itself; drop --out")
        return _resumed(directory_of(resume), asked)
    if fork is not None:
        found = _forked(directory_of(fork), asked)
    else:
        settled = settle(asked)
        names = (settled.data_name, settled.space_name)
        found = Plan(settled.config, settled.space, names, settled.notes, frame=asked.frame)
    check_search(found.config.search)
    resolve_device(found.config.device)
    return found


def _forked(old: RunDirectory, asked: Asked) -> Plan:
    """A new run from an old one: its configuration and space with the changes that are asked for, or others whole."""
    if asked.names_data:
        settled = settle(asked)
        config, space = settled.config, settled.space
    else:
        config = fork_config(old, [pair for pair in overrides_of(asked) if pair[0] != "space"])
        named = asked.settings.get("space")
        space = read_space(old) if named is None else load_space(named)
        config = with_limits(config, space)
    taken = fork_of(old, space, config.main_metric)
    return Plan(config, space, (data_name(config.data), "fork"), fork=taken, frame=asked.frame)


def _resumed(run: RunDirectory, asked: Asked) -> Plan:
    """A run again, from where it stopped."""
    if asked.names_data or asked.settings.get("space") is not None:
        settled = settle(asked)
        refuse_other_config(run, settled.config)
        refuse_other_space(run, settled.space)
    config = resume_config(run, [pair for pair in overrides_of(asked) if pair[0] != "space"])
    return Plan(config, read_space(run), ("", ""), resumed=run)


def search_events(
    plan: Plan, out: str | Path | None = None, stop: Stop = lambda: False, tick: Tick = no_tick
) -> Work[Run]:
    """The work of `search`, event by event; `out` is where a new run goes."""
    if plan.resumed is not None:
        return (yield from _search(plan.resumed, plan, stop, tick))
    with new_run(out, plan.names, plan.config, plan.frame) as (run, config):
        return (yield from _search(run, replace(plan, config=config), stop, tick))


def _search(run: RunDirectory, plan: Plan, stop: Stop, tick: Tick) -> Work[Run]:
    started, config = time.monotonic(), plan.config
    require_password(config)
    new = plan.resumed is None
    budget = (config.search.trial_budget, config.search.timeout)
    yield Begun(run.path, config.main_metric, new, not new, *budget)
    for note in plan.notes:
        yield Note(note)
    prepared = yield from _prepared(run, plan, tick)
    yield from read_features(prepared, plan.space, tick)
    evaluator = validation_evaluator(prepared)
    if config.search.baselines:
        yield from tuned_baselines(prepared, evaluator, run, baseline_budget_s(config), stop)
    yield Phase("searching")
    setup = setup_of(prepared, evaluator, plan.space, time.monotonic() - started, run)
    ended: SearchEnded | None = None
    with helpers(run, config, prepared.device):
        for event in search_candidates(setup, run.path, resume=not new, stop=stop):
            yield event
            if isinstance(event, SearchEnded):
                ended = event
    if ended is None:
        raise RunError(f"the search in {run.path} ended without a result")
    if ended.best is not None and ended.reason != "stopped":
        ended = replace(ended, best=told_apart(run, prepared, evaluator, ended.best))
    candidates = contestants(run, [one.number for one in ended.best.ranking] if ended.best else [], config.main_metric)
    forget_other(run, candidates)
    if ended.best is not None:
        _keep_best(run, prepared, ended.best)
        if ended.reason != "stopped" and config.search.picks:
            yield from ensemble_of(run, prepared, evaluator, candidates, stop, _blend_budget_s(config, started))
        write_report(run, config)
    return Run(run.path)


def _prepared(run: RunDirectory, plan: Plan, tick: Tick) -> Work[Prepared]:
    """The data, in a new run directory with what stands there before all trials, or as they were when it began."""
    device = resolve_device(plan.config.device)
    if plan.resumed is not None:
        return (yield from prepare_run(plan.config, device, run.path, read_data(run).fingerprint, tick))
    prepared = yield from begin_run(run, plan.config, device, plan.space.tree, tick)
    if plan.fork is not None:
        write_fork(run, plan.fork)
        for sentence in plan.fork.sentences():
            yield Note(sentence)
    return prepared


def baseline_budget_s(config: RunConfig) -> float:
    """Seconds for tuning all baselines together."""
    timeout = config.search.timeout
    return BASELINE_S if timeout is None else min(BASELINE_S, BASELINE_SHARE * timeout)


def _blend_budget_s(config: RunConfig, started: float) -> float:
    """Seconds for the ensemble: what is left of the time that was given, at least what was kept back."""
    timeout = config.search.timeout
    if timeout is None:
        return math.inf
    return max(blend_s(config.search), timeout - (time.monotonic() - started))


def _keep_best(run: RunDirectory, prepared: Prepared, best: Confirmation) -> None:
    """Write best/: the winner's model, its architecture, and its figures."""
    winner = best.winner
    trial = run.trial(winner.number)
    status = read_status(trial)
    again = [one for one in fresh_trainings(run, winner.identity) if one.values is not None]
    best_epochs = [status.best_epoch, *(one.best_epoch for one in again)]
    architecture = pinned(prepared, read_architecture(trial))
    kept = tuple(epoch for epoch in best_epochs if epoch is not None)
    keep_best(run, trial, architecture, BestRecord(architecture.identity, status.metrics, kept, best))
