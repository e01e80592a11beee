"""Training one architecture without a search."""

from pathlib import Path
from typing import Unpack

from gnas.config.architecture import Architecture
from gnas.config.load import load_architecture
from gnas.events import Begun, OnEvent, Tick, Work, finish, no_tick, tick_of
from gnas.report.page import write_report
from gnas.run.candidate import save_trained, train_once
from gnas.run.configure import data_name, new_run, settle_config
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import begin_run
from gnas.run.saved import Run
from gnas.run.settings import Asked, Data, Settings, asked_for
from gnas.train.device import resolve_device


def train(
    architecture: Architecture | str | Path,
    data: Data | None = None,
    *,
    out: str | Path | None = None,
    on_event: OnEvent | None = None,
    **settings: Unpack[Settings],
) -> Run:
    """Train one architecture, and leave a run that can be evaluated and recommends.

    Args:
        architecture: one, its file, or the name of a known design (`lightgcn-2`).
        data: what to train on; see `gnas.run.settings.Data`.
        out: the new run directory; by default under `runs/`.
        on_event: called with every event.
        settings: see `gnas.run.settings.Settings`.

    Raises:
        ConfigError, DataError: something in the architecture, the settings or the data is wrong.
        SearchFailed: the training diverged.
    """
    return finish(train_events(architecture, asked_for(data, settings), out, tick_of(on_event)), on_event)


def train_events(
    target: Architecture | str | Path, asked: Asked, out: str | Path | None = None, tick: Tick = no_tick
) -> Work[Run]:
    """The work of `train`, event by event."""
    architecture, name = named_architecture(target)
    config = settle_config(asked)
    device = resolve_device(config.device)
    with new_run(out, (data_name(config.data), name), config, asked.frame) as (run, config):
        yield Begun(run.path, config.main_metric, new=True)
        prepared = yield from begin_run(run, config, device, architecture.written(), tick)
        trained = yield from train_once(prepared, validation_evaluator(prepared), architecture, config.seed)
        save_trained(run, trained)
        write_report(run)
    return Run(run.path)


def named_architecture(target: Architecture | str | Path) -> tuple[Architecture, str]:
    """An architecture and what to call it."""
    if isinstance(target, Architecture):
        return target, target.kind
    return load_architecture(str(target)), Path(target).stem
