"""Adjacency lists: one line a user, `user item item …`, cells parted by white space."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from gnas.data.delimited import read_bytes, read_start
from gnas.data.table import Table
from gnas.data.values import id_values
from gnas.errors import DataError


def looks_like_adjacency(lines: Sequence[str]) -> bool:
    """Whether lines are whole numbers parted by white space, not equally many in each."""
    cells = [line.split() for line in lines[:200]]
    widths = {len(row) for row in cells}
    return len(widths) > 1 and max(widths) > 2 and all(cell.isdigit() for row in cells for cell in row)


def is_adjacency(path: Path) -> bool:
    """`looks_like_adjacency` for the start of a file."""
    lines, _, _ = read_start(path)
    return looks_like_adjacency(lines)


def read_adjacency(path: Path) -> Table:
    """One interaction for each item of each line; a line with a user alone adds none.

    Raises:
        DataError: the file is empty, or no line has an item.
    """
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    cells = pl.Series("cells", text.split("\n"), dtype=pl.String).str.extract_all(r"\S+")
    lines = pl.DataFrame({"cells": cells}).filter(pl.col("cells").list.len() > 0)
    if lines.is_empty():
        raise DataError(f"{path} is empty")
    frame = (
        lines.select(user=pl.col("cells").list.first(), item=pl.col("cells").list.slice(1))
        .filter(pl.col("item").list.len() > 0)
        .explode("item")
    )
    if frame.is_empty():
        raise DataError(f"{path}: no line has an item after its user; adjacency lists read `user item item …`")
    guess = f"{path}: adjacency list, user item item …"
    columns = {"user": "first of the line", "item": "rest of the line"}
    return Table(pl.DataFrame({role: id_values(frame[role]) for role in ("user", "item")}), columns, [guess])
