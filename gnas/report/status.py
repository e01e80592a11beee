"""The state of a search seen from outside: how far it is, and whether anybody works on it."""

from collections import Counter
from dataclasses import dataclass

from gnas.report.tables import Table
from gnas.report.trials import TrialRow, best_trial, read_trials, trials_table
from gnas.rundir.beginning import read_config
from gnas.rundir.best import has_best, read_best
from gnas.rundir.layout import RunDirectory
from gnas.rundir.session import spent_s
from gnas.search.session import is_running
from gnas.units import format_duration

SHOWN_TRIALS = 10


@dataclass(frozen=True)
class BestSoFar:
    """The winner, or so far the best complete trial, and its value of the objective."""

    trial: int
    words: str
    value: float
    metrics: dict[str, float]


@dataclass(frozen=True)
class Status:
    """What is known of a search without taking part in it.

    Attributes:
        trials: how many are in each state.
        trial_budget, timeout_s: None: no limit.
        finished: whether it has come to a best model.
        last: the last trials.
    """

    run: str
    running: bool
    objective: str
    trials: dict[str, int]
    trial_budget: int | None
    timeout_s: float | None
    spent_s: float
    best: BestSoFar | None
    finished: bool
    last: tuple[TrialRow, ...]


def status_of(run: RunDirectory) -> Status:
    """The status of the search in a run directory.

    Raises:
        ConfigError: its configuration cannot be read.
    """
    config = read_config(run)
    metric, rows = config.main_metric, read_trials(run)
    confirmed = read_best(run).confirmed if has_best(run) else None
    winner = None if confirmed is None else confirmed.winner.number
    best = next((row for row in rows if row.number == winner and metric in row.metrics), best_trial(rows, metric))
    return Status(
        run=str(run.path),
        running=is_running(run),
        objective=metric,
        trials=dict(Counter(row.state for row in rows)),
        trial_budget=config.search.trial_budget,
        timeout_s=config.search.timeout,
        spent_s=spent_s(run),
        best=None if best is None else BestSoFar(best.number, best.words, best.metrics[metric], best.metrics),
        finished=run.metrics.exists(),
        last=tuple(rows[-SHOWN_TRIALS:]),
    )


def status_text(status: Status) -> list[str | Table]:
    """The same for a person."""
    state = "is running" if status.running else "is over" if status.finished else "was stopped"
    counts = ", ".join(f"{count} {name}" for name, count in sorted(status.trials.items())) or "none yet"
    budget = f" of {status.trial_budget}" if status.trial_budget else ""
    time = f" of {format_duration(status.timeout_s)}" if status.timeout_s else ""
    spent = format_duration(status.spent_s) if status.spent_s else "0s"
    parts: list[str | Table] = [
        f"The search in {status.run} {state}.",
        f"Trials{budget}: {counts}. Time: {spent}{time}.",
    ]
    best = status.best
    if best is not None:
        parts.append(f"Best so far: trial {best.trial}, {status.objective} {best.value:.4f}: {best.words}")
    if status.last:
        parts += ["", trials_table(status.last, status.objective, best.trial if best else None)]
    if not status.running and not status.finished:
        parts += ["", f"Go on with `gnas search --resume {status.run}`."]
    return parts
