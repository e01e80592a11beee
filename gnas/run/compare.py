"""Several runs on the same data: their best models on test, in one look that every run counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gnas.config.describe import describe
from gnas.errors import RunError
from gnas.events import Part, Phase, Work
from gnas.metrics import metric_of
from gnas.run.directory import read_json
from gnas.run.evaluate import test_record
from gnas.run.looks import record_look
from gnas.run.measures import WHOLE, Measured, measured, test_measures
from gnas.run.saved import load_best, reopen, saved_architecture
from gnas.rundir.layout import RunDirectory, require_writable


@dataclass(frozen=True)
class Comparison:
    """The best of the runs, as a look whose rivals are the other runs; and how often each run's test was looked at."""

    best: RunDirectory
    words: str
    record: dict[str, Any]
    looks: dict[str, int]


def compare_runs(runs: Sequence[RunDirectory], device: torch.device) -> Work[Comparison]:
    """Score the best model of each run on test, and compare the best with the others, user by user.

    Raises:
        RunError: fewer than two runs, the same one twice, runs on different data, or one without a model.
    """
    require_comparable(runs)
    architectures = {str(run.path): saved_architecture(run) for run in runs}
    prepared = yield from reopen(runs[0], device)
    metric = prepared.config.main_metric
    measures = test_measures(prepared, prepared.split.train)
    found: dict[str, Measured] = {}
    for run in runs:
        name = str(run.path)
        model = yield from load_best(run, architectures[name], prepared)
        yield Phase(f"scoring {run.path.name} on test")
        found[name] = measured(measures, model)
        yield Part(name, found[name][WHOLE].metrics[metric])
    best = runs[0]
    for run in runs[1:]:
        if metric_of(metric).better(
            found[str(run.path)][WHOLE].metrics[metric], found[str(best.path)][WHOLE].metrics[metric]
        ):
            best = run
    looks = {}
    for run in runs:
        name = str(run.path)
        alone = test_record(prepared, architectures[name], found[name], [], {})
        looks[name] = record_look(run, {**alone, "compared_with": [other for other in found if other != name]})
    others = {name: one for name, one in found.items() if name != str(best.path)}
    words = {name: f"{name}: {describe(architecture)}" for name, architecture in architectures.items()}
    rivals: list[dict[str, Any]] = [{"name": words[name], "params": {}} for name in others]
    named = {words[name]: one for name, one in others.items()}
    record = test_record(prepared, architectures[str(best.path)], found[str(best.path)], rivals, named)
    return Comparison(best, words[str(best.path)], record, looks)


def require_comparable(runs: Sequence[RunDirectory]) -> None:
    """Raise `RunError` unless these are several runs on equal data that can note a look."""
    places = [run.path.resolve() for run in runs]
    if len(places) < 2 or len(set(places)) < len(places):
        raise RunError("name two or more different runs to compare")
    prints = {str(run.path): str(read_json(run.data)["fingerprint"]) for run in runs}
    first, *rest = prints
    for name in rest:
        if prints[name] != prints[first]:
            raise RunError(
                f"{first} and {name} are about different data or splits (fingerprints {prints[first][:12]} and "
                f"{prints[name][:12]}), so their figures cannot be compared"
            )
    for run in runs:
        require_writable(run.path)
