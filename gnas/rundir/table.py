"""`trials.parquet` and `trials.csv`: one row for each finished trial."""

import io
from collections.abc import Sequence

import polars as pl

from gnas.files import write_bytes
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import Scalar
from gnas.rundir.trial import TrialStatus


def write_table(run: RunDirectory, trials: Sequence[TrialStatus], objectives: Sequence[str]) -> None:
    """Write both files; `objectives` stand before the other metrics."""
    frame = trials_frame(trials, objectives)
    write_bytes(run.trials, parquet(frame))
    write_bytes(run.trials_csv, frame.write_csv().encode())


def parquet(frame: pl.DataFrame) -> bytes:
    """The frame as a Parquet file holds it."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def trials_frame(trials: Sequence[TrialStatus], objectives: Sequence[str]) -> pl.DataFrame:
    """One row a finished trial: what it was, what came out, what it cost; parameters as `param.NAME`."""
    rows = [trial for trial in trials if trial.ended]
    metrics = sorted({name for row in rows for name in row.metrics}.difference(objectives))
    params = sorted({name for row in rows for name in row.params})
    columns = [pl.Series(name, [getattr(row, name) for row in rows], dtype=dtype) for name, dtype in _FACTS.items()]
    columns += [_series(name, [row.metrics.get(name) for row in rows]) for name in (*objectives, *metrics)]
    columns += [_series(f"param.{name}", [row.params.get(name) for row in rows]) for name in params]
    return pl.DataFrame(columns)


_FACTS = {
    "number": pl.Int64, "identity": pl.String, "state": pl.String, "origin": pl.String, "best_epoch": pl.Int64,
    "epochs": pl.Int64, "wall_s": pl.Float64, "reason": pl.String, "duplicates": pl.Int64, "within_limits": pl.Boolean,
}  # fmt: skip


def _series(name: str, values: Sequence[Scalar]) -> pl.Series:
    """A column of the one type that all values share, of text where they share none."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int}:
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
