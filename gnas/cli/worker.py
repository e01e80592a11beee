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
    """Join the search of a RUN.

    Trains candidates in another process, or on another host that shares the folder. All workers share one budget, and
    no candidate is trained twice. Stops when the search ends, or after Ctrl-C.
    """
    from gnas.cli.output import Output
    from gnas.cli.watch import clean_stop, watched
    from gnas.run.worker import help_search
    from gnas.search.crew import orphaned

    gone = orphaned(parent) if parent is not None else (lambda: False)
    with watched(quiet) as see, clean_stop(quiet) as stop:
        helped = help_search(run, storage=storage, device=device, stop=lambda: stop() or gone(), on_event=see)
    Output(as_json, quiet).show(helped)
