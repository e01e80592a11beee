"""The trials of a run, read from its directory, also after a crash or while it is running."""

from collections.abc import Sequence
from dataclasses import dataclass

from gnas.config.words import labelled
from gnas.errors import ConfigError
from gnas.metrics import metric_of
from gnas.report.tables import Table
from gnas.rundir.best import Front
from gnas.rundir.layout import RunDirectory
from gnas.rundir.trial import State, TrialStatus, read_architecture, read_statuses


@dataclass(frozen=True)
class TrialRow:
    """One trial, from its status and its architecture file."""

    number: int
    words: str
    family: str
    """Of its architecture; empty where the file is damaged."""
    state: State
    origin: str
    metrics: dict[str, float]
    epochs: int
    wall_s: float
    reason: str


def read_trials(run: RunDirectory) -> list[TrialRow]:
    """All trials in order; one that a crash left half-done is among them as running, a damaged one as unreadable."""
    return [_row(run, one) for one in read_statuses(run)]


def _row(run: RunDirectory, status: TrialStatus) -> TrialRow:
    try:
        architecture = read_architecture(run.trial(status.number))
        words, family = architecture.words, str(architecture.family)
    except ConfigError:
        words, family = status.identity or "?", ""
    words = labelled(words, approximated="approximated" in status.metrics)
    return TrialRow(
        status.number, words, family, status.state, status.origin, status.metrics, status.epochs, status.wall_s,
        status.reason or "",
    )  # fmt: skip


def best_trial(rows: Sequence[TrialRow], metric: str) -> TrialRow | None:
    """The best complete trial by `metric`; the earlier one among equals."""
    able = [row for row in rows if row.state == "complete" and metric in row.metrics]
    gain = metric_of(metric).gain
    return max(able, key=lambda row: gain(row.metrics[metric]), default=None)


def front_table(front: Front, rows: Sequence[TrialRow]) -> Table:
    """The Pareto front from one end to the other, its knee stressed."""
    words = {row.number: row.words for row in rows}
    names = list(front.front[0].values) if front.front else []
    cells = tuple(
        (point.number, words.get(point.number, point.identity), *(point.values.get(name) for name in names))
        for point in front.front
    )
    knee = frozenset(index for index, point in enumerate(front.front) if point.number == front.knee)
    return Table(("trial", "architecture", *names), cells, f"Pareto front; the knee is {front.rule}", knee)


def trials_table(rows: Sequence[TrialRow], metric: str, winner: int | None = None) -> Table:
    """One line a trial, the winner stressed."""
    cells = tuple(
        (
            row.number, row.words, row.metrics.get(metric), row.epochs, round(row.wall_s, 2), row.state,
            row.origin, row.reason,
        )
        for row in rows
    )  # fmt: skip
    columns = ("trial", "architecture", metric, "epochs", "seconds", "state", "from", "remark")
    return Table(columns, cells, best=frozenset(index for index, row in enumerate(rows) if row.number == winner))
