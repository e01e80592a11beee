"""One architecture, trained without a search."""

import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.events import Work
from gnas.run.beginning import write_beginning
from gnas.run.candidate import Trained, save_trained, train_once
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Tick, no_tick, prepare_run
from gnas.rundir.layout import RunDirectory


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
