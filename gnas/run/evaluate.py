"""The test split, read once a look: the saved best model beside the tuned baselines, with intervals and p-values."""

from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch

from gnas.config.architecture import Architecture, identity
from gnas.config.describe import describe
from gnas.config.run import RunConfig
from gnas.evaluate.evaluator import Evaluation
from gnas.evaluate.uncertainty import leads, with_intervals
from gnas.events import Part, Phase, Work
from gnas.metrics import metric_of
from gnas.nn.recommender import Recommender
from gnas.rng import derive_seed
from gnas.run.baselines import refit, tuned_baselines
from gnas.run.baselines import refit as refit_baseline
from gnas.run.beginning import write_beginning
from gnas.run.candidate import Trained, save_trained, train_once
from gnas.run.contenders import runner_up
from gnas.run.directory import read_json
from gnas.run.ensemble import ENSEMBLE, members, name_of, together
from gnas.run.looks import record_look
from gnas.run.measures import WHOLE, Measured, group_records, measured, test_measures, validation_evaluator, whole
from gnas.run.prepared import Prepared, Tick, no_tick, prepare_run
from gnas.run.refit import PROTOCOL, confirmed_epochs, fitted, on_everything_known
from gnas.run.saved import command_line, load_best, now, reopen, saved_architecture
from gnas.rundir.layout import RunDirectory, require_writable

BASELINE_BUDGET_S = 60.0
"""For a run whose baselines were not tuned when it was made."""
RUNNER_UP = "the runner-up"


@dataclass(frozen=True)
class TestResult:
    """One look at test: its record as test.json has it, and how many looks there were, this one included."""

    record: dict[str, Any]
    looks: int


def evaluate_run(
    run: RunDirectory, device: torch.device, *, baselines: bool = True, refit: bool = False
) -> Work[TestResult]:
    """Score the best model of a run on test, once, and record the look.

    With `refit`, everything is fitted again on train and validation, the winner for the median of its best epochs; the
    saved models stay as they are. The runner-up and the ensemble, where the search left some, stand beside the winner.

    Raises:
        RunError: no model yet, an edited architecture, changed data, a foreign, damaged or missing model file.
    """
    require_writable(run.path)
    architecture = saved_architecture(run)
    ensemble = members(run)
    prepared = yield from reopen(run, device)
    fit, epochs = prepared, None
    if refit:
        fit, epochs = on_everything_known(prepared, run.path), confirmed_epochs(read_json(run.metrics))
        seed = derive_seed(prepared.config.seed, "refit", identity(architecture))
        model = yield from fitted(fit, architecture, epochs, seed)
    else:
        model = yield from load_best(run, architecture, prepared)
    second = runner_up(run)
    rivals: list[dict[str, Any]] = []
    if baselines:
        rivals = yield from tuned_baselines(prepared, validation_evaluator(prepared), run, BASELINE_BUDGET_S)
    yield Phase("scoring on test", total=1 + len(rivals) + (second is not None) + bool(ensemble))
    metric = prepared.config.main_metric
    measures = test_measures(prepared, fit.split.train)
    own = measured(measures, model)
    yield Part("the best architecture", own[WHOLE].metrics[metric])
    others: dict[str, Measured] = {}
    for rival in rivals:
        others[rival["name"]] = measured(measures, refit_baseline(rival, fit))
        yield Part(rival["name"], others[rival["name"]][WHOLE].metrics[metric])
    confirmed = read_json(run.metrics).get("confirmed")
    models: dict[int, Recommender] = {} if confirmed is None else {confirmed["number"]: model}
    if second is not None:
        models[second.number] = yield from second.recommender(fit, refit)
        others[RUNNER_UP] = measured(measures, models[second.number])
        yield Part(RUNNER_UP, others[RUNNER_UP][WHOLE].metrics[metric])
    if ensemble:
        others[ENSEMBLE] = measured(measures, (yield from together(ensemble, models, fit, refit)))
        yield Part(ENSEMBLE, others[ENSEMBLE][WHOLE].metrics[metric])
    record = test_record(prepared, architecture, own, rivals, others)
    if second is not None:
        record["runner_up"] |= {
            "name": f"runner-up: {describe(second.architecture)}",
            "trial": second.number,
            "architecture": identity(second.architecture),
        }
    if ensemble:
        chosen = read_json(run.ensemble)
        record["ensemble"] |= {"name": name_of(chosen), "members": chosen["members"]}
    if epochs is not None:
        record |= refit_facts(record, [epochs])
    return TestResult(record, record_look(run, record))


def refit_facts(record: dict[str, Any], epochs: list[int]) -> dict[str, Any]:
    """What a look says of models that were fitted on train and validation for so many epochs."""
    return {"protocol": f"{record['protocol']}; {PROTOCOL}", "refit": {"epochs": epochs}}


def test_record(
    prepared: Prepared,
    architecture: Architecture,
    own: Measured,
    rivals: list[dict[str, Any]],
    others: dict[str, Measured],
) -> dict[str, Any]:
    """What test.json keeps of a look; `groups` only where test has new items or users."""
    config, metric = prepared.config, prepared.config.main_metric
    n, seed = config.evaluate.bootstrap, config.seed
    evaluation, theirs = own[WHOLE], whole(others)
    ahead = leads(evaluation, theirs, metric, n, seed)
    groups = group_records(own, others, n, seed)

    def beside(name: str) -> dict[str, Any]:
        return {"name": name, "metrics": with_intervals(theirs[name], n, seed), "lead": ahead.get(name)}

    return {
        "time": now(),
        "command": command_line(),
        "architecture": identity(architecture),
        "fingerprint": prepared.split.fingerprint,
        "protocol": "full ranking over all items; train and validation items masked",
        "n_users": len(evaluation.users),
        "objective": metric,
        "bootstrap": n,
        "metrics": with_intervals(evaluation, n, seed),
        "baselines": [{**beside(rival["name"]), "params": rival["params"]} for rival in rivals],
        **({"runner_up": beside(RUNNER_UP)} if RUNNER_UP in others else {}),
        **({"ensemble": beside(ENSEMBLE)} if ENSEMBLE in others else {}),
        **({"groups": groups} if groups else {}),
    }


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
