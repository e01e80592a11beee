"""`gnas status`: a running or finished search, seen from outside."""

from gnas.cli.options import Json, Quiet, Run, examples

EXAMPLES = examples("gnas status runs/20260301-101500-clicks-compact")


def command(run: Run, as_json: Json = False, quiet: Quiet = False) -> None:
    """Show the progress of a search.

    Trials by state, time spent, the best trial so far, and whether a process is working on it.
    """
    from dataclasses import asdict
    from pathlib import Path

    from gnas.cli.output import Output
    from gnas.report.status import status_of, status_text
    from gnas.rundir.layout import open_directory

    status = status_of(open_directory(Path(run)))
    Output(as_json, quiet).result(asdict(status), *status_text(status))
