"""The test split, read once a look: the saved best model beside the tuned baselines, with intervals and p-values."""

from dataclasses import dataclass
from typing import Any

import torch

from gnas.config.architecture import Architecture, identity
from gnas.rng import derive_seed
from gnas.run.baselines import refit as refit_baseline
from gnas.run.baselines import tuned_baselines
from gnas.run.comparing import differences, with_intervals
from gnas.run.directory import RunDirectory, read_json, require_writable
from gnas.run.events import Part, Phase, Work
from gnas.run.looks import record_look
from gnas.run.prepared import Prepared, main_metric, test_evaluator, validation_evaluator
from gnas.run.refitting import PROTOCOL, confirmed_epochs, fitted, on_everything_known
from gnas.run.saved import command_line, load_best, now, reopen, saved_architecture
from gnas.train.evaluator import Evaluation

BASELINE_BUDGET_S = 60.0
"""For a run whose baselines were not tuned when it was made."""


@dataclass(frozen=True)
class TestResult:
    """One look at test: its record as test.json has it, and how many looks there were, this one included."""

    record: dict[str, Any]
    looks: int


def evaluate_run(
    run: RunDirectory, device: torch.device, *, baselines: bool = True, refit: bool = False
) -> Work[TestResult]:
    """Score the best model of a run on test, once, and record the look.

    With `refit`, winner and baselines are fitted again on train and validation, the winner for the median of its best
    epochs; the saved model stays as it is.

    Raises:
        RunError: no model yet, an edited architecture, changed data, a foreign or damaged model file.
    """
    require_writable(run.path)
    architecture = saved_architecture(run)
    prepared = yield from reopen(run, device)
    evaluator = test_evaluator(prepared)
    fit, epochs = prepared, None
    if refit:
        fit, epochs = on_everything_known(prepared, run.path), confirmed_epochs(read_json(run.metrics))
        seed = derive_seed(prepared.config.seed, "refit", identity(architecture))
        model = yield from fitted(fit, architecture, epochs, seed)
    else:
        model = yield from load_best(run, architecture, prepared)
    rivals: list[dict[str, Any]] = []
    if baselines:
        rivals = yield from tuned_baselines(prepared, validation_evaluator(prepared), run, BASELINE_BUDGET_S)
    yield Phase("scoring on test", total=1 + len(rivals))
    metric = main_metric(prepared.config)
    evaluation = evaluator(model)
    yield Part("the best architecture", evaluation.metrics[metric])
    others: dict[str, Evaluation] = {}
    for rival in rivals:
        others[rival["name"]] = evaluator(refit_baseline(rival, fit))
        yield Part(rival["name"], others[rival["name"]].metrics[metric])
    record = test_record(prepared, architecture, evaluation, rivals, others)
    if epochs is not None:
        record |= refit_facts(record, [epochs])
    return TestResult(record, record_look(run, record))


def refit_facts(record: dict[str, Any], epochs: list[int]) -> dict[str, Any]:
    """What a look says of models that were fitted on train and validation for so many epochs."""
    return {"protocol": f"{record['protocol']}; {PROTOCOL}", "refit": {"epochs": epochs}}


def test_record(
    prepared: Prepared,
    architecture: Architecture,
    evaluation: Evaluation,
    rivals: list[dict[str, Any]],
    others: dict[str, Evaluation],
) -> dict[str, Any]:
    """What test.json keeps of a look."""
    config, metric = prepared.config, main_metric(prepared.config)
    n, seed = config.evaluate.bootstrap, config.seed
    leads = differences(evaluation, others, metric, n, seed)
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
        "baselines": [
            {
                "name": rival["name"],
                "params": rival["params"],
                "metrics": with_intervals(others[rival["name"]], n, seed),
                "lead": leads.get(rival["name"]),
            }
            for rival in rivals
        ],
    }
