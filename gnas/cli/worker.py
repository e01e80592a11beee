"""`gnas worker`: help with a search that another process leads."""

from typing import Annotated

import typer

from gnas.cli.options import Device, Json, Quiet, Run, Storage, examples

EXAMPLES = examples("gnas worker runs/20260301-101500-clicks-compact --device cuda:1")


def command(
    run: Run,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
    storage: Storage = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Help with the search of a RUN.

    Trains candidates from another terminal, or another host that shares the folder. All workers draw on one budget;
    no candidate is trained twice. Ends with the search, or after Ctrl-C.
    """
    from pathlib import Path

    from gnas.cli.output import Output
    from gnas.cli.stopping import clean_stop
    from gnas.cli.work import watch
    from gnas.report.progress import Progress
    from gnas.run.resume import resume_config
    from gnas.run.worker import help_run
    from gnas.rundir.layout import open_run
    from gnas.search.crew import orphaned
    from gnas.train.device import resolve_device

    opened = open_run(Path(run))
    config = resume_config(opened, [] if storage is None else [("search.storage", storage)])
    gone = orphaned(parent) if parent is not None else (lambda: False)
    progress = Progress(config.main_metric, config.search.trial_budget, config.search.timeout)
    output = Output(as_json, quiet)
    with clean_stop(quiet) as stop:
        work = help_run(opened, config, resolve_device(device or config.device), lambda: stop() or gone())
        watch(work, progress, output)
    trained = [line for line in progress.lines.values() if line.state != "running"]
    output.result({"run": run, "trials": [line.number for line in trained]}, f"helped with {len(trained)} trial(s)")
