"""Opening what a run found: its configuration, its data, its best model."""

import sys
from datetime import datetime
from typing import Any

import torch

from gnas.config.architecture import Architecture, identity, shown
from gnas.config.load import load_architecture, load_run_config
from gnas.config.run import RunConfig
from gnas.config.secret import hidden
from gnas.errors import RunError
from gnas.events import Phase, Work
from gnas.files import write_json
from gnas.nn.recommender import Recommender
from gnas.run.directory import read_json, write_yaml
from gnas.run.prepared import Prepared, features_of, prepare_run
from gnas.rundir.layout import RunDirectory
from gnas.train.checkpoint import load_model


def saved_config(run: RunDirectory) -> RunConfig:
    """The resolved configuration of a run."""
    return load_run_config(str(run.config)).config


def saved_architecture(run: RunDirectory) -> Architecture:
    """The best architecture of a run.

    Raises:
        RunError: the run has none yet, or the file was edited after the model was trained.
    """
    for path in (run.architecture, run.model, run.metrics):
        if not path.is_file():
            raise RunError(
                f"{run.path} has no best model yet: {path.relative_to(run.path)} is missing; "
                f"go on with `gnas search --resume {run.path}`"
            )
    architecture = load_architecture(str(run.architecture))
    trained = read_json(run.metrics).get("architecture")
    if identity(architecture) != trained:
        raise RunError(
            f"{run.architecture} was edited after its model was trained: it is architecture {identity(architecture)}, "
            f"the model is {trained}; put it back, or train the new one with `gnas train {run.architecture}`"
        )
    return architecture


def reopen(run: RunDirectory, device: torch.device) -> Work[Prepared]:
    """The data of a run again, refused where they have changed."""
    prepared = yield from prepare_run(saved_config(run), device, run.path, read_json(run.data)["fingerprint"])
    return prepared


def load_best(run: RunDirectory, architecture: Architecture, prepared: Prepared) -> Work[Recommender]:
    """The best model of a run, ready to score."""
    yield Phase("loading the model")
    features = features_of(prepared, architecture)
    return load_model(run.model, architecture, prepared.graph, prepared.split.fingerprint, features)


def write_best(run: RunDirectory, architecture: Architecture, metrics: dict[str, float], **facts: Any) -> None:
    """Write best/architecture.yaml and best/metrics.json; the tensors are the caller's to write first."""
    write_yaml(run.architecture, shown(architecture))
    write_json(run.metrics, {"architecture": identity(architecture), "validation": metrics, **facts})


def now() -> str:
    """The time as the records have it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def command_line() -> list[str]:
    """The command that is running, for the records; without passwords."""
    return ["gnas", *(hidden(word) for word in sys.argv[1:])]
