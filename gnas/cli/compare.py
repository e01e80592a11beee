"""`gnas compare`: compare the best models of several runs."""

from typing import Annotated

import typer

from gnas.cli import complete
from gnas.cli.options import Device, Json, Quiet, examples

EXAMPLES = examples("gnas compare runs/20260301-101500-clicks-compact runs/20260302-090000-clicks-full")


def command(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUNS", help="Two or more run directories.", autocompletion=complete.runs)
    ],
    ensemble: Annotated[bool, typer.Option("--ensemble", help="By their ensembles, where they have one.")] = False,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare the best models of RUNS on the test split.

    The runs must use the same data and split. Differences are tested user by user. Each run counts the look.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.run.compare import compare

    with watched(quiet) as see:
        found = compare(runs, ensemble=ensemble, device=device, on_event=see)
    Output(as_json, quiet).show(found)
