"""Figures on test. A look is recorded before a figure is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from types import MappingProxyType
from typing import Unpack

import numpy as np

from gnas.baselines import candidate_of
from gnas.config.architecture import Architecture
from gnas.errors import ConfigError, RunError
from gnas.evaluate.evaluator import Evaluation
from gnas.events import Begun, OnEvent, Part, Phase, Tick, Work, finish, no_tick, tick_of
from gnas.metrics import metric_of
from gnas.nn.recommender import Recommender
from gnas.report.documents import Document, look_document
from gnas.report.page import write_report
from gnas.report.results import look_summary
from gnas.report.shown import Shown
from gnas.report.tables import Table
from gnas.rng import derive_seed
from gnas.run.baselines import refit_baseline, tuned_baselines
from gnas.run.candidate import TrainedModel, save_trained, train_once
from gnas.run.configure import data_name, new_run, settle_config
from gnas.run.contenders import Contender, best_of_families, runner_up
from gnas.run.ensemble import members, together
from gnas.run.look import Beside, OpenTest, opened, with_figures
from gnas.run.measures import WHOLE, ByGroup, measured, validation_evaluator
from gnas.run.prepared import Prepared, begin_run
from gnas.run.refit import confirmed_epochs, fitted, on_everything_known
from gnas.run.saved import Run, best_model, directory_of, reopen
from gnas.run.settings import Asked, Data, Settings, asked_for
from gnas.run.train import named_architecture
from gnas.rundir.baselines import BaselineRecord
from gnas.rundir.beginning import read_config
from gnas.rundir.best import best_architecture, read_best
from gnas.rundir.ensemble import read_ensemble
from gnas.rundir.layout import RunDirectory, require_writable
from gnas.rundir.look import Look, Refit, Rival, SeedLook, Spread, complete_look
from gnas.train.device import resolve_device

BASELINE_BUDGET_S = 60.0
"""For a run whose baselines were not tuned when it was made."""


@dataclass(frozen=True, repr=False)
class Evaluated(Shown):
    """A look at test, the architecture in words, and how many looks there were at this run, this one included."""

    run: Run
    words: str
    look: Look
    looks: int

    @property
    def metrics(self) -> dict[str, float]:
        """The figures on test."""
        return {name: figure.value for name, figure in self.look.metrics.items()}

    def summary(self) -> list[str | Table]:
        """Whether a baseline wins, the figures side by side, how often test was looked at."""
        return [*look_summary(self.look, self.words, self.looks), f"Report: {self.run.report}"]

    def document(self) -> Document:
        """The same for a machine."""
        return {"run": str(self.run.path), "looks": self.looks, "words": self.words, **look_document(self.look)}


def evaluate(
    target: Run | Architecture | str | Path,
    data: Data | None = None,
    *,
    baselines: bool | None = None,
    out: str | Path | None = None,
    on_event: OnEvent | None = None,
    **settings: Unpack[Settings],
) -> Evaluated:
    """Measure on the test split: the best model of a run, or an architecture that is trained on several seeds first.

    Args:
        target: a run, or an architecture (its file, the name of a known design).
        data: for an architecture, what to train on.
        baselines: whether the tuned baselines are measured in the same look; by default as the run has them.
        out: for an architecture, the new run directory.
        on_event: called with every event.
        settings: see `gnas.run.settings.Settings`; a run takes `refit` and `device` alone.

    Raises:
        RunError: no model yet, an edited architecture, changed data, a foreign, damaged or missing model file.
        ConfigError, DataError: something that was given is wrong.
    """
    asked = asked_for(data, settings)
    if isinstance(target, Run) or (not isinstance(target, Architecture) and Path(target).is_dir()):
        return finish(evaluate_run(directory_of(target), asked, baselines), on_event)
    return finish(evaluate_architecture(target, asked, baselines, out, tick_of(on_event)), on_event)


def evaluate_run(run: RunDirectory, asked: Asked, baselines: bool | None = None) -> Work[Evaluated]:
    """Score the best model of a run on test, beside baselines, runner-up, the best of other families, and the ensemble.

    With `evaluate.refit`, everything is fitted again on train and validation, the winner for the median of its best
    epochs; the saved models stay as they are.
    """
    _refuse_other_settings(run, asked)
    require_writable(run.path)
    architecture, ensemble, config = best_architecture(run), members(run), read_config(run)
    refit = asked.settings.get("evaluate.refit")
    refit = config.evaluate.refit if refit is None else bool(refit)
    yield Begun(run.path, config.main_metric)
    prepared = yield from reopen(run, resolve_device(asked.settings.get("device") or config.device))
    fit = on_everything_known(prepared) if refit else prepared
    epochs = confirmed_epochs(read_best(run)) if refit else 0
    if refit:
        seed = derive_seed(prepared.config.seed, "refit", architecture.identity)
        model = yield from fitted(fit, architecture, epochs, seed)
    else:
        model = yield from best_model(run, architecture, prepared)
    second, families = runner_up(run), best_of_families(run)
    rivals = yield from _tuned(run, prepared, baselines)
    test = opened(run, prepared, fit, architecture)
    total = 1 + len(rivals) + (second is not None) + len(families) + bool(ensemble)
    yield Phase("scoring on test", total=total)
    own = yield from test.measure("the best architecture", model)
    models = {} if (best := read_best(run).confirmed) is None else {best.winner.number: model}
    beside = [] if second is None else [(yield from _candidate_on_test(test, second, models, "runner-up"))]
    for one in families:
        beside.append((yield from _candidate_on_test(test, one, models, f"best {one.architecture.family}")))
    known = {architecture.identity: own, **{one.rival.architecture or "": one.found for one in beside}}
    beside += yield from _baselines_on_test(test, rivals, known)
    if ensemble:
        beside.append((yield from _ensemble_on_test(test, run, ensemble, models)))
    look = with_figures(test.look, own, beside, config.seed)
    if refit:
        look = replace(look, refit=Refit((epochs,)))
    return _recorded(run, look, test.number, architecture)


def evaluate_architecture(
    target: Architecture | str | Path,
    asked: Asked,
    baselines: bool | None = None,
    out: str | Path | None = None,
    tick: Tick = no_tick,
) -> Work[Evaluated]:
    """Train an architecture on `evaluate.seeds` seeds, and measure all of them on test in one look.

    Figures are means over the seeds; the look's `seeds` holds those of each, on validation and test. The model that
    is kept is the best on validation. With `evaluate.refit` those that are measured are fitted again on
    train and validation, each for as many epochs as its training was best at, the baselines likewise.
    """
    architecture, name = named_architecture(target)
    config = settle_config(asked)
    device = resolve_device(config.device)
    with new_run(out, (data_name(config.data), name), config, asked.frame) as (run, config):
        yield Begun(run.path, config.main_metric, new=True)
        prepared = yield from begin_run(run, config, device, architecture.written(), tick)
        rivals = yield from _tuned(run, prepared, baselines)
        fit = on_everything_known(prepared) if config.evaluate.refit else prepared
        test = opened(run, prepared, fit, architecture)
        seeds, found = yield from _seeds_on_test(test, run, architecture, prepared)
        yield Phase("scoring the baselines on test", total=len(rivals))
        beside = yield from _baselines_on_test(test, rivals)
        own = {group: mean_evaluation([groups[group] for groups in found]) for group in test.measures}
        look = with_figures(test.look, own, beside, config.seed)
        look = replace(look, seeds=seeds, spread=spread([one.test for one in seeds]))
        if test.refit:
            look = replace(look, refit=Refit(tuple(one.best_epoch for one in seeds)))
        return _recorded(run, look, test.number, architecture)


def _refuse_other_settings(run: RunDirectory, asked: Asked) -> None:
    """Raise `ConfigError` where a run is asked to be measured otherwise than it was trained."""
    said = [flag for flag, value in (("--config", asked.config), ("--data", asked.data)) if value is not None]
    said += [f"--{key.removeprefix('evaluate.')}" for key in asked.settings if key not in ("evaluate.refit", "device")]
    said += ["--set"] if asked.overrides else []
    if said:
        raise ConfigError(f"{run.path} is trained already and is measured as it is; drop {', '.join(said)}")


def _tuned(run: RunDirectory, prepared: Prepared, wanted: bool | None) -> Work[tuple[BaselineRecord, ...]]:
    """The baselines of a run, tuned now if they were not; none where none are wanted."""
    if not (prepared.config.search.baselines if wanted is None else wanted):
        return ()
    return (yield from tuned_baselines(prepared, validation_evaluator(prepared), run, BASELINE_BUDGET_S))


def _baselines_on_test(
    test: OpenTest, rivals: Iterable[BaselineRecord], known: Mapping[str, ByGroup] = MappingProxyType({})
) -> Work[list[Beside]]:
    """The baselines on test; those that a measured candidate is too, by identity, are not fitted once more."""
    beside = []
    for rival in rivals:
        candidate = candidate_of(rival)
        if candidate is not None and candidate.identity in known:
            found = known[candidate.identity]
            yield Part(rival.name, found[WHOLE].metrics[test.look.objective])
        else:
            found = yield from test.measure(rival.name, refit_baseline(rival, test.fit))
        beside.append(Beside(Rival(rival.name, {}, params=rival.params, approximated=rival.approximated), found))
    return beside


def _candidate_on_test(test: OpenTest, one: Contender, models: dict[int, Recommender], what: str) -> Work[Beside]:
    """A candidate that did not win; its model joins `models`."""
    model = models[one.number] = yield from one.recommender(test.fit, test.refit)
    rival = Rival(f"{what}: {one.architecture.words}", {}, trial=one.number, architecture=one.architecture.identity)
    found = yield from test.measure(f"the {what}", model)
    return Beside(rival, found, "the runner-up" if what == "runner-up" else "family")


def _ensemble_on_test(
    test: OpenTest,
    run: RunDirectory,
    ensemble: Mapping[int, tuple[Contender, float]],
    models: Mapping[int, Recommender],
) -> Work[Beside]:
    """The ensemble, its members taken from `models` where they stand there."""
    chosen = read_ensemble(run)
    if chosen is None:
        raise RunError(f"{run.ensemble} is gone")
    model = yield from together(ensemble, models, test.fit, test.refit)
    found = yield from test.measure("the ensemble", model)
    return Beside(Rival(chosen.name, {}, members=chosen.members), found, "the ensemble")


def _seeds_on_test(
    test: OpenTest, run: RunDirectory, architecture: Architecture, prepared: Prepared
) -> Work[tuple[tuple[SeedLook, ...], list[ByGroup]]]:
    """Train on every seed, keep the best on validation, and measure each on test."""
    config, metric = prepared.config, prepared.config.main_metric
    validation = validation_evaluator(prepared)
    seeds, found = [], []
    kept: TrainedModel | None = None
    for number in range(config.evaluate.seeds if architecture.trained else 1):
        seed = config.seed if number == 0 else derive_seed(config.seed, "seeds", number)
        trained = yield from train_once(prepared, validation, architecture, seed, f"seed {number + 1}")
        best, model = trained.best, trained.training.model
        if test.refit:
            model = yield from fitted(test.fit, trained.architecture, best.index, seed)
        found.append(measured(test.measures, model))
        seeds.append(SeedLook(seed, best.index, best.metrics, found[-1][WHOLE].metrics))
        if kept is None or metric_of(metric).better(best.metrics[metric], kept.best.metrics[metric]):
            kept = trained
            save_trained(run, trained)
    return tuple(seeds), found


def _recorded(run: RunDirectory, look: Look, number: int, architecture: Architecture) -> Evaluated:
    """Keep the figures of a look, in the report as well."""
    complete_look(run, number, look)
    write_report(run)
    return Evaluated(Run(run.path), architecture.words, look, number)


def mean_evaluation(evaluations: Sequence[Evaluation]) -> Evaluation:
    """The mean over several trainings, of every metric and user by user."""
    first = evaluations[0]
    return replace(
        first,
        metrics={name: fmean(one.metrics[name] for one in evaluations) for name in first.metrics},
        per_user={name: np.mean([one.per_user[name] for one in evaluations], axis=0) for name in first.per_user},
    )


def spread(rows: Sequence[dict[str, float]]) -> dict[str, Spread]:
    """Mean and standard deviation of each figure over the seeds."""
    return {
        name: Spread(fmean(row[name] for row in rows), stdev(row[name] for row in rows) if rows[1:] else 0.0)
        for name in rows[0]
    }
