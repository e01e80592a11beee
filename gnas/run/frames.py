"""Data frames: interactions that come as one, recommendations that are written as one."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from gnas.config.run import RunConfig
from gnas.errors import DataError, RunError
from gnas.files import write_bytes
from gnas.registry import Registry
from gnas.rundir.layout import RunDirectory
from gnas.rundir.table import parquet

KEPT = Path("data", "interactions.parquet")
"""Where a run keeps a frame that it was given."""


class PandasFrame(Protocol):
    """What is asked of a pandas frame."""

    def items(self) -> Iterable[tuple[Any, Any]]:
        """Names and columns."""
        ...


Frame = pl.DataFrame | pl.LazyFrame | PandasFrame


def is_frame(data: object) -> bool:
    """Whether `data` is a polars or pandas frame."""
    return isinstance(data, pl.DataFrame | pl.LazyFrame) or all(hasattr(data, name) for name in ("columns", "items"))


def to_polars(frame: Frame) -> pl.DataFrame:
    """The frame as a polars frame; a pandas index is left out.

    Raises:
        DataError: a column holds what a table cannot.
    """
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    columns = {}
    for name, values in frame.items():
        array = values.to_numpy()
        try:
            columns[str(name)] = pl.Series(array.tolist() if array.dtype == object else array, nan_to_null=True)
        except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
            raise DataError(f"column {name!r} of the frame cannot be read: {error}; give numbers or text") from None
    return pl.DataFrame(columns)


def keep_frame(run: RunDirectory, config: RunConfig, frame: Frame) -> RunConfig:
    """Write the frame into the run directory, and name the file in the configuration.

    The run can be resumed, evaluated and served without the frame from then on.

    Raises:
        RunError: the file cannot be written.
    """
    write_table(to_polars(frame), run.path / KEPT)
    return config.model_copy(update={"data": config.data.model_copy(update={"source": str(KEPT)})})


WRITERS = Registry[Callable[[pl.DataFrame], bytes]]("ending")
"""The bytes of a table by the ending of the file."""
WRITERS.add(".csv", lambda frame: frame.write_csv().encode())
for _ending in (".jsonl", ".ndjson"):
    WRITERS.add(_ending, lambda frame: frame.write_ndjson().encode())
for _ending in (".parquet", ".pq"):
    WRITERS.add(_ending, parquet)


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
