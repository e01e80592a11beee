"""`gnas report`: write the report of a run again."""

from gnas.cli.options import Json, Quiet, Run, examples

EXAMPLES = examples("gnas report runs/20260301-101500-clicks-compact")


def command(run: Run, as_json: Json = False, quiet: Quiet = False) -> None:
    """Write the HTML report of a RUN.

    Builds report.html again from the files in the run directory.
    """
    from pathlib import Path

    from gnas.cli.output import Output
    from gnas.report.page import write_report
    from gnas.rundir.layout import open_directory

    opened = open_directory(Path(run))
    write_report(opened)
    Output(as_json, quiet).result({"run": run, "report": str(opened.report)}, str(opened.report))
