"""`gnas recommend`: the items to show to each user."""

from typing import Annotated

import typer

from gnas.cli.options import Device, Json, Quiet, Run, examples

EXAMPLES = examples(
    "gnas recommend runs/20260301-101500-clicks-compact -k 10 -o recs.parquet",
    "gnas recommend runs/20260301-101500-clicks-compact --user 42 --user anna",
)


def command(
    run: Run,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Items for each user.")] = 10,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Where to: .csv, .jsonl or .parquet.")
    ] = None,
    user: Annotated[list[str] | None, typer.Option(metavar="ID", help="One user; may be repeated.")] = None,
    users: Annotated[str | None, typer.Option(metavar="FILE", help="Ids of users, one a line.")] = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the items to show to each user.

    Ranks those that the user has not taken yet, with the best model of a RUN: for all users, or those named. A user
    who is not in the train data gets the most popular items, and `known` is false.
    """
    from gnas.cli.output import Output
    from gnas.cli.recommending import serve

    serve(run, k, out, user, users, device, Output(as_json, quiet))
