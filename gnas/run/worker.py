"""Several processes on one search: those that it starts, and those that join it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from gnas.config.run import RunConfig
from gnas.config.secret import VARIABLE, revealed
from gnas.events import Begun, OnEvent, Phase, Tick, Work, finish, no_tick, tick_of
from gnas.report.documents import Document
from gnas.report.shown import Shown
from gnas.report.tables import Table
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import prepare_run
from gnas.run.resume import resume_config
from gnas.run.saved import Run, directory_of
from gnas.run.setup import require_password, setup_of
from gnas.rundir.beginning import read_data, read_space
from gnas.rundir.layout import RunDirectory
from gnas.search.crew import crew, environments
from gnas.search.events import TrialEnded
from gnas.search.search import assist
from gnas.train.device import resolve_device


@contextmanager
def helpers(run: RunDirectory, config: RunConfig, device: torch.device) -> Iterator[None]:
    """Processes beside this one while the context lasts, `config.search.workers` in all."""
    workers = config.search.workers
    if workers == 1:
        yield
        return
    own, *others = environments(workers, visible_gpus(device), config.search.workers_per_gpu)
    torch.set_num_threads(int(own["OMP_NUM_THREADS"]))
    command = [sys.executable, "-m", "gnas", "worker", str(run.path), "--parent", str(os.getpid())]
    command += ["--device", "cpu" if device.type == "cpu" else "cuda:0"]
    if config.search.storage is not None:
        others = [{**other, VARIABLE: revealed(config.search.storage)} for other in others]
    with crew(command, others, run.path):
        yield


def visible_gpus(device: torch.device) -> list[str]:
    """The GPUs to share out, named as `CUDA_VISIBLE_DEVICES` has them, that of this process first."""
    if device.type != "cuda":
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = named.split(",") if named else [str(index) for index in range(torch.cuda.device_count())]
    own = names[device.index or 0]
    return [own, *(name for name in names if name != own)]


@dataclass(frozen=True, repr=False)
class Helped(Shown):
    """The trials that a helper trained in the search of a run."""

    run: Path
    trials: tuple[int, ...]

    def summary(self) -> list[str | Table]:
        """How many they are."""
        return [f"Trained {len(self.trials)} trial(s)."]

    def document(self) -> Document:
        """Which they are."""
        return {"run": str(self.run), "trials": list(self.trials)}


def help_search(
    run: Run | str | Path,
    *,
    storage: str | None = None,
    device: str | None = None,
    stop: Callable[[], bool] = lambda: False,
    on_event: OnEvent | None = None,
) -> Helped:
    """Take part in the search of `run`, which another process leads, until nothing is left to train.

    Args:
        run: the run; on another host, in a folder that both share.
        storage: the database of the search with its password, which the run does not keep.
        device: where to compute; by default as the run has it.
        stop: asked between steps.
        on_event: called with every event.

    Raises:
        RunError, ConfigError, DataError: not a run, or one whose data or space have changed.
    """
    directory = directory_of(run)
    config = resume_config(directory, [] if storage is None else [("search.storage", storage)])
    where = resolve_device(device or config.device)
    return finish(help_events(directory, config, where, stop, tick_of(on_event)), on_event)


def help_events(
    run: RunDirectory, config: RunConfig, device: torch.device, stop: Callable[[], bool], tick: Tick = no_tick
) -> Work[Helped]:
    """The work of `help_search`, event by event."""
    require_password(config)
    space, trials = read_space(run), []
    budget = (config.search.trial_budget, config.search.timeout)
    yield Begun(run.path, config.main_metric, False, False, *budget)
    prepared = yield from prepare_run(config, device, run.path, read_data(run).fingerprint, tick)
    yield Phase("searching")
    for event in assist(setup_of(prepared, validation_evaluator(prepared), space, 0.0, run), run.path, stop=stop):
        yield event
        if isinstance(event, TrialEnded):
            trials.append(event.number)
    return Helped(run.path, tuple(trials))
