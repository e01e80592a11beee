"""Starting from earlier runs: their best architectures are trained first."""

import json
from collections.abc import Sequence
from pathlib import Path

from gnas.config.architecture import Architecture, identity
from gnas.config.load import load_architecture
from gnas.errors import RunError
from gnas.metrics import metric_of
from gnas.rundir.layout import open_run

TOP = 5
"""Architectures taken from each run."""


def warm_architectures(runs: Sequence[str], metric: str) -> dict[str, Architecture]:
    """The `TOP` complete trials of each run by `metric`, and its winner first, named for where they come from.

    Raises:
        RunError: not a run, or one in which no trial measured `metric`.
    """
    found: dict[str, Architecture] = {}
    known: set[str] = set()
    for name in runs:
        run = open_run(Path(name))
        paths = [run.architecture] if run.architecture.exists() else []
        ranked = _ranked(run.path, metric)
        if not ranked and not paths:
            raise RunError(f"search.warm_start: no trial of {name} was completed with {metric}; leave it away")
        for path in [*paths, *ranked[:TOP]]:
            architecture = load_architecture(str(path))
            if identity(architecture) not in known:
                known.add(identity(architecture))
                found[f"{run.path.name} {path.parent.name}"] = architecture
    return found


def _ranked(folder: Path, metric: str) -> list[Path]:
    values = []
    for path in sorted(folder.glob("trials/*/status.json")):
        status = json.loads(path.read_text())
        if status["state"] == "complete" and metric in (status.get("metrics") or {}):
            values.append((-metric_of(metric).gain(status["metrics"][metric]), path.with_name("architecture.yaml")))
    return [path for _, path in sorted(values)]
