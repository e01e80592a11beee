"""Joining a search that another process leads."""

from collections.abc import Callable

import torch

from gnas.config.run import RunConfig
from gnas.events import Phase, Work
from gnas.run.directory import read_json
from gnas.run.prepared import prepare_run, validation_evaluator
from gnas.run.resuming import resume_space
from gnas.run.searching import require_password, setup_of
from gnas.rundir.layout import RunDirectory
from gnas.search.search import assist


def help_run(
    run: RunDirectory, config: RunConfig, device: torch.device, stop: Callable[[], bool] = lambda: False
) -> Work[None]:
    """Take part in the search of `run`, which another process leads, until nothing is left to train."""
    require_password(config)
    space = resume_space(run)
    prepared = yield from prepare_run(config, device, run.path, read_json(run.data)["fingerprint"])
    yield Phase("searching")
    setup = setup_of(prepared, validation_evaluator(prepared), space, 0.0, run)
    yield from assist(setup, run.path, stop=stop)
