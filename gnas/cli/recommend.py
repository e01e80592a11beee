"""`gnas recommend`: recommend items to users."""

from typing import TYPE_CHECKING, Annotated

import typer

from gnas.cli.options import Device, Json, Quiet, Run, examples

if TYPE_CHECKING:
    from gnas.report.tables import Table
    from gnas.run.recommend import Recommendations

EXAMPLES = examples(
    "gnas recommend runs/20260301-101500-clicks-compact -k 10 -o recs.parquet",
    "gnas recommend runs/20260301-101500-clicks-compact --user 42 --user anna",
)
Ensemble = Annotated[bool, typer.Option("--ensemble", help="By the ensemble that stands beside the best model.")]
SHOWN_USERS = 5
"""Users in the table on a terminal, where nobody is named."""


def command(
    run: Run,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Number of items for each user.")] = 10,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Write to this file: .csv, .jsonl or .parquet.")
    ] = None,
    user: Annotated[list[str] | None, typer.Option(metavar="ID", help="A user; repeatable.")] = None,
    users: Annotated[str | None, typer.Option(metavar="FILE", help="A file of user ids, one per line.")] = None,
    ensemble: Ensemble = False,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Recommend items to users.

    Ranks the items that each user has not taken yet, with the best model of a RUN. Users without training data get
    the most popular items, and `known` is false.
    """
    import sys
    from pathlib import Path

    from gnas.cli.output import Output
    from gnas.cli.watch import watched
    from gnas.events import finish, tick_of
    from gnas.run.frames import check_target, read_users, write_table
    from gnas.run.recommend import recommend_events
    from gnas.run.saved import open_run

    opened = open_run(run)  # first: its code may add formats
    target = None if out is None else check_target(Path(out))
    named = [*(user or []), *(read_users(Path(users)) if users else [])] if user or users else None
    with watched(quiet) as see:
        found = finish(recommend_events(opened.directory, k, named, device, tick_of(see), ensemble=ensemble), see)
    output = Output(as_json, quiet)
    frame = found.frame
    document = {"run": run, "k": k, "users": frame["user"].n_unique(), "unknown": found.unknown}
    if target is not None:
        write_table(frame, target)
        output.result({**document, "file": str(target)}, f"{len(frame):,} recommendations in {target}")
    elif as_json:
        output.result({**document, "recommendations": frame.to_dicts()})
    elif sys.stdout.isatty():
        output.result(document, *_table(found, everyone=named is None))
    else:
        output.result(document, frame.write_csv().rstrip("\n"))


def _table(found: "Recommendations", *, everyone: bool) -> "list[str | Table]":
    """A table for a person, with titles where the items have them; of everyone only the first few users."""
    import polars as pl

    from gnas.report.tables import Table

    shown, users = found.frame, found.frame["user"].unique(maintain_order=True)
    if everyone:
        shown = shown.filter(pl.col("user").is_in(users.head(SHOWN_USERS).implode()))
    if found.titles is not None:
        shown = shown.join(found.titles, on="item", how="left", maintain_order="left")
    columns = [name for name in ("user", "rank", "item", "title", "score", "known") if name in shown.columns]
    rows = shown.select(columns).with_columns(pl.col("user", "item", "known").cast(pl.String)).rows()
    left = len(users) - shown["user"].n_unique()
    more = [f"… and {left:,} more users; write all to a file with -o recs.parquet"] if left else []
    return [Table(tuple(columns), tuple(rows)), *more]
