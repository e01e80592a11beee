"""`gnas compare`: several runs side by side."""

from typing import Annotated

import typer

from gnas.cli import complete
from gnas.cli.options import Device, Json, Quiet, examples

EXAMPLES = examples("gnas compare runs/20260301-101500-clicks-compact runs/20260302-090000-clicks-full")


def command(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUNS", help="Two or more run directories.", autocompletion=complete.runs)
    ],
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare the best models of RUNS on test.

    User by user, with intervals and p-values. The runs must be about the same data and split; each counts the look.
    """
    from pathlib import Path

    from pydantic import TypeAdapter

    from gnas.cli.output import Output
    from gnas.cli.work import watch
    from gnas.report.groups import ABOUT_GROUPS, groups_table
    from gnas.report.progress import Progress
    from gnas.report.results import test_table
    from gnas.report.tables import Table
    from gnas.run.compare import compare_runs
    from gnas.run.saved import saved_config
    from gnas.rundir.layout import open_run
    from gnas.rundir.look import Look
    from gnas.train.device import resolve_device

    opened = [open_run(Path(run)) for run in runs]
    config = saved_config(opened[0])
    output = Output(as_json, quiet)
    work = compare_runs(opened, resolve_device(device or config.device))
    found = watch(work, Progress(config.main_metric), output)
    counts = "; ".join(f"{name}: look {count} at test" for name, count in found.looks.items())
    document = {"best": str(found.best.path), "looks": found.looks, **found.record}
    look = TypeAdapter(Look).validate_python(found.record)
    parts: list[str | Table] = [test_table(look, found.words), ""]
    if look.groups:
        parts += [groups_table(look, found.words), ABOUT_GROUPS, ""]
    output.result(document, *parts, f"{counts}.")
