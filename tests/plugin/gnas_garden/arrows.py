"""Files with lines such as `ann -> x`: a reader and a writer."""

from pathlib import Path

import polars as pl

from gnas.data.place import Place
from gnas.data.sheet import Layout, Sheet, sheet_of


def open_arrows(path: Path, _layout: Layout) -> Sheet:
    rows = [line.split(" -> ") for line in path.read_text().splitlines()]
    frame = pl.DataFrame(rows, schema=["user", "item"], orient="row")
    return sheet_of(frame, Place(str(path)))


def write_arrows(frame: pl.DataFrame) -> bytes:
    return "".join(f"{user} -> {item}\n" for user, item in frame.select("user", "item").rows()).encode()
