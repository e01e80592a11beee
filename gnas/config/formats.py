"""Formats of tables, and the reader of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator

from gnas.errors import ConfigError
from gnas.registry import Registry, lazily

AUTO = "auto"
"""By the ending of the file, else by its first lines."""


@dataclass(frozen=True)
class Format:
    """`endings` of files (before `.gz`) that have this format for sure; `reader` opens one.

    The reader takes the path and a `gnas.data.sheet.Layout`, and gives a `gnas.data.sheet.Sheet`.
    """

    endings: tuple[str, ...]
    reader: Callable[..., Any]
    separator: str | None = None
    header: bool | None = None


FORMATS = Registry[Format]("format")
FORMATS.add("csv", Format((".csv",), lazily("gnas.data.delimited:open_delimited")))
FORMATS.add("tsv", Format((), lazily("gnas.data.delimited:open_delimited"), separator="\t"))
FORMATS.add("movielens", Format((), lazily("gnas.data.delimited:open_delimited")))
FORMATS.add("recbole", Format((".inter",), lazily("gnas.data.delimited:open_delimited"), header=True))
FORMATS.add("adjacency", Format((), lazily("gnas.data.adjacency:open_adjacency")))
FORMATS.add("parquet", Format((".parquet", ".pq"), lazily("gnas.data.readers:open_parquet")))
FORMATS.add("jsonl", Format((".jsonl", ".ndjson", ".json"), lazily("gnas.data.readers:open_jsonl")))

LOOKED_AT = (".tsv", ".txt", ".dat", ".data", ".base", ".test")
"""Endings of text that may be written in several ways."""


def readable_endings() -> tuple[str, ...]:
    """All endings of files that gnas reads, before `.gz`."""
    return (*LOOKED_AT, *(ending for _, known in FORMATS.items() for ending in known.endings))


def _known(name: str) -> str:
    try:
        if name != AUTO:
            FORMATS[name]
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return name


FormatName = Annotated[str, AfterValidator(_known)]
"""`auto`, or a name in `FORMATS`."""
