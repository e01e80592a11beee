"""`gnas status`: a running or finished search, seen from outside."""

from gnas.cli.options import Json, Quiet, Run, examples

EXAMPLES = examples("gnas status runs/20260301-101500-clicks-compact")


def command(run: Run, as_json: Json = False, quiet: Quiet = False) -> None:
    """Look at a search from outside.

    Trials by state, time spent, the best so far, and whether anybody is at work on it.
    """
    from pathlib import Path

    from gnas.cli.output import Output
    from gnas.report.status import status_document, status_text
    from gnas.rundir.layout import open_run

    document = status_document(open_run(Path(run)))
    Output(as_json, quiet).result(document, *status_text(document))
