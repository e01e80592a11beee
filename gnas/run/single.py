"""One architecture without a search: trained once, or on several seeds and measured on test."""

from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch

from gnas.config.architecture import Architecture
from gnas.config.describe import describe
from gnas.config.run import RunConfig
from gnas.errors import GnasError, SearchFailed, TrialFailed
from gnas.evaluate.evaluator import Evaluation, Measure
from gnas.events import Part, Phase, Work
from gnas.metrics import metric_of
from gnas.rng import derive_seed
from gnas.run.baselines import refit, tuned_baselines
from gnas.run.beginning import write_beginning
from gnas.run.evaluating import BASELINE_BUDGET_S, TestResult, refit_facts, test_record
from gnas.run.groups import WHOLE, Measured, measured, test_measures
from gnas.run.looks import record_look
from gnas.run.prepared import (
    Prepared,
    Tick,
    epoch_evaluator,
    no_tick,
    pinned,
    prepare_run,
    validation_evaluator,
)
from gnas.run.refitting import fitted, on_everything_known
from gnas.run.saved import write_best
from gnas.run.training import CandidateTraining
from gnas.rundir.layout import RunDirectory
from gnas.train.loop import Epoch


@dataclass(frozen=True)
class Trained:
    """One training: the candidate in its best epoch's state, and that epoch."""

    training: CandidateTraining
    best: Epoch
    epochs: int


def train_run(
    run: RunDirectory, config: RunConfig, architecture: Architecture, device: torch.device, tick: Tick = no_tick
) -> Work[Trained]:
    """Train `architecture` once, and leave a run directory that can be evaluated and recommends.

    Raises:
        DataError: the data cannot be used. SearchFailed: the training diverged.
    """
    prepared = yield from prepare_run(config, device, run.path, tick=tick)
    write_beginning(run, prepared, architecture.written())
    trained = yield from train_once(prepared, validation_evaluator(prepared), architecture, config.seed)
    save_trained(run, trained)
    return trained


def evaluate_architecture(
    run: RunDirectory,
    config: RunConfig,
    architecture: Architecture,
    device: torch.device,
    *,
    baselines: bool = True,
    tick: Tick = no_tick,
) -> Work[TestResult]:
    """Train `architecture` on `config.evaluate.seeds` seeds, and measure all of them on test in one look.

    Figures are means over the seeds; the record's `seeds` holds those of each, on validation and test. The model that
    is kept is the best on validation. With `config.evaluate.refit` those that are measured are fitted again on
    train and validation, each for as many epochs as its training was best at, the baselines likewise.
    """
    prepared = yield from prepare_run(config, device, run.path, tick=tick)
    write_beginning(run, prepared, architecture.written())
    validation, metric = validation_evaluator(prepared), config.main_metric
    rivals = (yield from tuned_baselines(prepared, validation, run, BASELINE_BUDGET_S)) if baselines else []
    fit = on_everything_known(prepared, run.path) if config.evaluate.refit else prepared
    measures = test_measures(prepared, fit.split.train)
    seeds: list[dict[str, Any]] = []
    found: list[Measured] = []
    kept: Trained | None = None
    for number in range(config.evaluate.seeds if architecture.propagation.trained else 1):
        seed = config.seed if number == 0 else derive_seed(config.seed, "seeds", number)
        trained = yield from train_once(prepared, validation, architecture, seed, f"seed {number + 1}")
        model = trained.training.model
        if config.evaluate.refit:
            model = yield from fitted(fit, architecture, trained.best.index, seed)
        found.append(measured(measures, model))
        seeds.append(
            {
                "seed": seed,
                "best_epoch": trained.best.index,
                "validation": trained.best.metrics,
                "test": found[-1][WHOLE].metrics,
            }
        )
        if kept is None or metric_of(metric).better(trained.best.metrics[metric], kept.best.metrics[metric]):
            kept = trained
            save_trained(run, trained)
    others: dict[str, Measured] = {}
    yield Phase("scoring the baselines on test", total=len(rivals))
    for rival in rivals:
        others[rival["name"]] = measured(measures, refit(rival, fit))
        yield Part(rival["name"], others[rival["name"]][WHOLE].metrics[metric])
    own = {name: mean_evaluation([groups[name] for groups in found]) for name in measures}
    record = test_record(prepared, architecture, own, rivals, others)
    record |= {"seeds": seeds, "spread": spread([row["test"] for row in seeds])}
    if config.evaluate.refit:
        record |= refit_facts(record, [row["best_epoch"] for row in seeds])
    return TestResult(record, record_look(run, record))


def mean_evaluation(evaluations: list[Evaluation]) -> Evaluation:
    """The mean over several trainings, of every metric and user by user."""
    first = evaluations[0]
    return replace(
        first,
        metrics={name: fmean(one.metrics[name] for one in evaluations) for name in first.metrics},
        per_user={name: np.mean([one.per_user[name] for one in evaluations], axis=0) for name in first.per_user},
    )


def spread(rows: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation of each figure over the seeds."""
    return {
        name: {"mean": fmean(row[name] for row in rows), "std": stdev(row[name] for row in rows) if rows[1:] else 0.0}
        for name in rows[0]
    }


def train_once(
    prepared: Prepared, evaluator: Measure, architecture: Architecture, seed: int, name: str = ""
) -> Work[Trained]:
    """Train `architecture` against `evaluator`; `name` is shown beside its description.

    Raises:
        SearchFailed: the training diverged, or memory ran out.
    """
    ceiling = min(architecture.epochs, prepared.config.train.epochs) if architecture.propagation.trained else 1
    yield Phase(" · ".join(part for part in (f"training {describe(architecture)}", name) if part), total=ceiling)
    training = CandidateTraining(prepared, evaluator, architecture, seed, epoch_evaluator(prepared, evaluator))
    best, epochs = None, 0
    try:
        for epoch in training.epochs():
            epochs += 1
            best = epoch if epoch.is_best else best
            yield epoch
    except TrialFailed as error:
        raise SearchFailed(f"the training failed: {error}") from error
    if best is None:
        raise GnasError("the training ended before its first evaluation; lower train.evaluate_every")
    return Trained(training, replace(best, metrics={**best.metrics, **training.measured()}), epochs)


def save_trained(run: RunDirectory, trained: Trained) -> None:
    """Write best/ of a run: the model, the architecture with the hashes of its encoders' weights, and the figures."""
    training = trained.training
    run.best.mkdir(exist_ok=True)
    training.save(run.model)
    facts = {
        "seed": training.seed,
        "epochs": trained.epochs,
        "best_epoch": trained.best.index,
        "best_epochs": [trained.best.index],
    }
    architecture = pinned(training.prepared, training.architecture)
    write_best(run, architecture, trained.best.metrics, costs=training.costs(), **facts)
