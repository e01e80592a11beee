"""What `gnas recommend` does once its words are read."""

import sys
from pathlib import Path

import polars as pl

from gnas.cli.output import Output
from gnas.cli.work import watch
from gnas.data.interactions import Split
from gnas.report.progress import Progress
from gnas.report.tables import Table
from gnas.run.recommend import recommend_run
from gnas.run.saved import saved_config
from gnas.run.serving import check_target, read_users, write_table
from gnas.rundir.layout import open_run
from gnas.train.device import resolve_device

SHOWN_USERS = 5
"""Users in the table on a terminal, where nobody is named."""
TITLES = ("title", "name", "description")


def serve(
    run_path: str,
    k: int,
    out: str | None,
    user: list[str] | None,
    users: str | None,
    device: str | None,
    output: Output,
) -> None:
    """Recommendations to a file, to stdout as CSV, or as a table on a terminal."""
    target = None if out is None else check_target(Path(out))
    named = [*(user or []), *(read_users(Path(users)) if users else [])] if user or users else None
    run = open_run(Path(run_path))
    config = saved_config(run)
    work = recommend_run(run, resolve_device(device or config.device), k, named)
    frame, prepared = watch(work, Progress(config.main_metric), output)
    unknown = frame.filter(~pl.col("known"))["user"].unique(maintain_order=True).to_list()
    if unknown:
        output.say(f"note: {len(unknown)} user(s) unknown to the model got the most popular items: {_few(unknown)}")
    document = {"run": str(run.path), "k": k, "users": frame["user"].n_unique(), "unknown": unknown}
    if target is not None:
        write_table(frame, target)
        output.result({**document, "file": str(target)}, f"{len(frame):,} recommendations in {target}")
    elif output.as_json:
        output.result({**document, "recommendations": frame.to_dicts()})
    elif sys.stdout.isatty():
        output.result(document, *_table(frame, prepared.split, everyone=named is None))
    else:
        output.result(document, frame.write_csv().rstrip("\n"))


def _table(frame: pl.DataFrame, split: Split, *, everyone: bool) -> list[str | Table]:
    """A table for a person, with titles where the items have them; of everyone only the first few users."""
    shown = frame
    if everyone:
        shown = frame.filter(
            pl.col("user").is_in(frame["user"].unique(maintain_order=True).head(SHOWN_USERS).implode())
        )
    title = next((name for name in TITLES if split.items is not None and name in split.items.columns), None)
    if title is not None and split.items is not None:
        titles = pl.DataFrame({"item": split.item_ids, "title": split.items[title]})
        shown = shown.join(titles, on="item", how="left", maintain_order="left")
    columns = [name for name in ("user", "rank", "item", "title", "score", "known") if name in shown.columns]
    rows = tuple(
        tuple(str(cell) if name in ("user", "item", "known") else cell for name, cell in zip(columns, row, strict=True))
        for row in shown.select(columns).rows()
    )
    parts: list[str | Table] = [Table(tuple(columns), rows)]
    left = frame["user"].n_unique() - shown["user"].n_unique()
    if left:
        parts.append(f"… and {left:,} more users; write all to a file with -o recs.parquet")
    return parts


def _few(names: list[object]) -> str:
    return ", ".join(map(str, names[:5])) + (" …" if len(names) > 5 else "")
