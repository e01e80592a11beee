"""Adjacency lists: one line a user, `user item item …`, separated by white space."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from gnas.data.place import Place
from gnas.data.sheet import Layout, Sheet, sheet_of
from gnas.data.sniff import read_start, read_text
from gnas.errors import DataError


def looks_like_adjacency(lines: Sequence[str]) -> bool:
    """Whether lines are whole numbers parted by white space, not equally many in each."""
    cells = [line.split() for line in lines[:200]]
    widths = {len(row) for row in cells}
    return len(widths) > 1 and max(widths) > 2 and all(cell.isdigit() for row in cells for cell in row)


def is_adjacency(path: Path) -> bool:
    """`looks_like_adjacency` for the start of a file."""
    return looks_like_adjacency(read_start(path).lines)


def open_adjacency(path: Path, layout: Layout) -> Sheet:  # noqa: ARG001 - the format has one layout
    """One interaction for each item of each line; a line with a user alone adds none.

    Raises:
        DataError: the file is empty, or no line has an item.
    """
    text = read_text(path, read_start(path).encoding)
    cells = pl.Series("cells", text.replace("\r", "\n").split("\n"), dtype=pl.String).str.extract_all(r"\S+")
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
    frame.columns = ["first of the line", "rest of the line"]
    note = f"{path}: adjacency list, user item item …"
    return replace(sheet_of(frame, Place(str(path))), roles={"user": 0, "item": 1}, notes=(note,))
