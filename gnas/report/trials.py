"""The trials of a run as its directory has them: also after a crash, also while it is running."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnas.config.describe import describe
from gnas.config.load import load_architecture
from gnas.errors import ConfigError
from gnas.metrics import metric_of
from gnas.report.tables import Table
from gnas.rundir.layout import RunDirectory


@dataclass(frozen=True)
class TrialRow:
    """One trial, from its status and its architecture file."""

    number: int
    words: str
    state: str
    origin: str
    metrics: dict[str, float]
    epochs: int
    wall_s: float
    reason: str


def read_trials(run: RunDirectory) -> list[TrialRow]:
    """All trials in order; one that a crash left half-done is among them as running."""
    return [_row(path) for path in sorted((run.path / "trials").glob("*/status.json"))]


def _row(path: Path) -> TrialRow:
    status: dict[str, Any] = json.loads(path.read_text())
    try:
        words = describe(load_architecture(str(path.with_name("architecture.yaml"))))
    except ConfigError:
        words = str(status.get("identity") or "?")
    return TrialRow(
        number=int(status["number"]),
        words=words,
        state=str(status["state"]),
        origin=str(status.get("origin") or ""),
        metrics=dict(status.get("metrics") or {}),
        epochs=int(status.get("epochs") or 0),
        wall_s=float(status.get("wall_s") or 0.0),
        reason=str(status.get("reason") or ""),
    )


def best_trial(rows: list[TrialRow], metric: str) -> TrialRow | None:
    """The best complete trial by `metric`; the earlier one among equals."""
    able = [row for row in rows if row.state == "complete" and metric in row.metrics]
    return max(able, key=lambda row: metric_of(metric).gain(row.metrics[metric]), default=None)


def front_table(front: dict[str, Any], run: RunDirectory) -> Table:
    """The Pareto front from one end to the other, its knee stressed."""
    words = {row.number: row.words for row in read_trials(run)}
    names = list(front["front"][0]["values"]) if front["front"] else []
    rows = tuple(
        (row["number"], words.get(row["number"], row["identity"]), *(row["values"][name] for name in names))
        for row in front["front"]
    )
    knee = frozenset(index for index, row in enumerate(front["front"]) if row["number"] == front["knee"])
    return Table(("trial", "architecture", *names), rows, f"Pareto front; the knee is {front['rule']}", knee)


def trials_table(rows: list[TrialRow], metric: str, winner: int | None = None) -> Table:
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
