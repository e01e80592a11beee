"""Keeps the run directory in line with the ledger: outcomes, the table of trials, the models of the best."""

from collections.abc import Iterable, Sequence

from gnas.errors import ConfigError
from gnas.rundir.layout import RunDirectory
from gnas.rundir.log import log
from gnas.rundir.record import write_record
from gnas.rundir.table import write_table
from gnas.rundir.trial import (
    TrialStatus,
    known_status,
    read_architecture,
    trials_with_models,
    write_architecture,
)
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome


def end_trial(run: RunDirectory, outcome: Outcome) -> None:
    """Write the end of a trial to the log and to its status; the status says that both are done."""
    log(
        run, "trial", number=outcome.number, state=outcome.state, values=outcome.values,
        epochs=outcome.epochs, wall_s=round(outcome.wall_s, 3), reason=outcome.reason,
    )  # fmt: skip
    write_record(run.trial(outcome.number).status, status_of(outcome))


def restore_trial(run: RunDirectory, outcome: Outcome) -> list[str]:
    """Write again what is missing or damaged in the folder of a trial that is over; a sentence for each file."""
    trial, notes = run.trial(outcome.number), []
    known = known_status(trial)
    if trial.status.exists() and known.state != "running" and known != status_of(outcome):
        write_record(trial.status, status_of(outcome))
        notes.append(trial.status)
    try:
        read_architecture(trial)
    except ConfigError:
        write_architecture(trial, outcome.architecture)
        notes.append(trial.architecture)
    return [f"{path.relative_to(run.path)} was damaged and is written again" for path in notes]


def status_of(outcome: Outcome) -> TrialStatus:
    """What the run directory keeps of an outcome."""
    return TrialStatus(
        number=outcome.number,
        state=outcome.state,
        origin=outcome.origin,
        identity=outcome.identity,
        values=outcome.values,
        metrics={name: value for name, value in (outcome.metrics or {}).items() if value is not None},
        best_epoch=outcome.best_epoch,
        epochs=outcome.epochs,
        wall_s=outcome.wall_s,
        reason=outcome.reason,
        within_limits=None if outcome.excess is None else outcome.total_excess == 0,
        duplicates=outcome.duplicates,
        params=dict(outcome.params),
    )


def write_trials(run: RunDirectory, outcomes: Sequence[Outcome], objectives: Objectives) -> None:
    """The tables of all trials."""
    write_table(run, [status_of(outcome) for outcome in outcomes], objectives.names)


def keep_models(run: RunDirectory, numbers: Iterable[int]) -> None:
    """Remove the saved models of all trials but these."""
    kept = set(numbers)
    for trial in trials_with_models(run):
        if trial.number not in kept:
            trial.model.unlink(missing_ok=True)
