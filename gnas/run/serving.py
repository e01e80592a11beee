"""Files around recommendations: the ids to answer for, and the table that comes out."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl

from gnas.errors import DataError, RunError
from gnas.files import write_bytes
from gnas.registry import Registry


def _csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv().encode()


def _jsonl(frame: pl.DataFrame) -> bytes:
    return frame.write_ndjson().encode()


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


WRITERS = Registry[Callable[[pl.DataFrame], bytes]]("ending")
"""The bytes of a table by the ending of the file."""
for _ending, _write in {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
    ".pq": _parquet,
}.items():
    WRITERS.add(_ending, _write)


def check_target(path: Path) -> Path:
    """The path itself, if a table can be written there; asked before any work is done.

    Raises:
        RunError: an unknown ending, or no folder to write into.
    """
    if path.suffix not in WRITERS:
        raise RunError(f"{path}: the ending says the format; write one of {', '.join(WRITERS)}")
    if not path.parent.is_dir():
        raise RunError(f"{path}: there is no folder {path.parent}; make it first")
    return path


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write the table in the format of the path's ending, whole or not at all.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        write_bytes(path, WRITERS[path.suffix](frame))
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}; choose another place with -o") from None


def read_users(path: Path) -> list[str]:
    """The ids in a text file, one a line; blank lines are skipped.

    Raises:
        DataError: no such file, or no id in it.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    found = [line for line in lines if line]
    if not found:
        raise DataError(f"{path} is empty: write one user id a line")
    return found
