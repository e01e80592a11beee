"""Several processes at work on one search: those that it starts beside itself, and those that join it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from gnas.config.run import RunConfig
from gnas.config.secret import VARIABLE, revealed
from gnas.events import Phase, Work
from gnas.run.directory import read_json
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import prepare_run
from gnas.run.resume import resume_space
from gnas.run.setup import require_password, setup_of
from gnas.rundir.layout import RunDirectory
from gnas.search.crew import crew, environments, helper_command
from gnas.search.search import assist


@contextmanager
def helpers(run: RunDirectory, config: RunConfig, device: torch.device) -> Iterator[int]:
    """Processes beside this one while the context lasts, `config.search.workers` in all; yields that number."""
    workers = config.search.workers
    if workers == 1:
        yield 1
        return
    own, *others = environments(workers, visible_gpus(device), config.search.workers_per_gpu)
    torch.set_num_threads(int(own["OMP_NUM_THREADS"]))
    command = [*helper_command(run.path), "--device", "cpu" if device.type == "cpu" else "cuda:0"]
    if config.search.storage is not None:
        others = [{**other, VARIABLE: revealed(config.search.storage)} for other in others]
    with crew(command, others, run.path):
        yield workers


def visible_gpus(device: torch.device) -> list[str]:
    """The GPUs to share out, named as `CUDA_VISIBLE_DEVICES` has them, that of this process first."""
    if device.type != "cuda":
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = named.split(",") if named else [str(index) for index in range(torch.cuda.device_count())]
    own = names[device.index or 0]
    return [own, *(name for name in names if name != own)]


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
