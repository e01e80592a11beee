"""The search: propose, train, prune, record, confirm. Its whole state is in the run directory at any moment."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from optuna.storages import BaseStorage

from gnas.errors import RunError, SearchFailed
from gnas.events import Note
from gnas.rundir.best import Front, FrontPoint
from gnas.rundir.confirm import drop_damaged
from gnas.rundir.layout import RunDirectory
from gnas.rundir.log import log, repair_logs
from gnas.rundir.record import write_record
from gnas.rundir.trial import is_ended, read_statuses
from gnas.search.budget import budget_of
from gnas.search.confirm import confirm, confirmation
from gnas.search.events import END_REASONS, Event, SearchEnded
from gnas.search.explore import explore
from gnas.search.ledger import Ledger
from gnas.search.objectives import objectives_of
from gnas.search.outcome import Outcome, pareto_front
from gnas.search.propose import queue_of
from gnas.search.pruners import PRUNERS
from gnas.search.publish import end_trial, restore_trial, write_trials
from gnas.search.samplers import SAMPLERS
from gnas.search.session import Session
from gnas.search.storage import open_study, opened_storage, repair_journal, study_name
from gnas.search.work import Setup, Work


def search(
    setup: Setup,
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """Search `setup.space` and leave everything in the run directory `folder`.

    With one worker a search that was stopped, killed or cut off and then resumed takes the same course as one that
    was not: each proposal depends on the seed, the finished trials and the number of the new one alone, and a
    half-done trial is done again from its first epoch.

    Args:
        setup: space, configuration, seed and the factory of trainings.
        folder: the run directory; made if it is not there.
        resume: go on with the search that the directory holds.
        stop: asked between steps; once it says yes, the search ends and can be resumed.
        clock: seconds, never going back.

    Raises:
        ConfigError: an unknown sampler, pruner or metric.
        RunError: the directory holds a search and `resume` is false, or another process is searching in it.
        SearchFailed: no trial was completed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = RunDirectory(folder)
    with Session(run, clock) as session:
        notes = _repair(run)
        with opened_storage(setup.config, run) as storage:
            work = _work(setup, run, session, storage, stop, clock, resume=resume)
            queue = queue_of(setup)
            log(run, "resume" if work.ledger.outcomes() else "start", sampler=setup.config.sampler, seed=setup.seed)
            for text in (*notes, *queue.notes, *_restore(work)):
                log(run, "note", text=text)
                yield Note(text)
            _catch_up(work)
            reason = yield from explore(work, queue)
            if reason != "stopped":
                reason = (yield from confirm(work)) or reason
            yield _end(work, reason)


def assist(
    setup: Setup,
    folder: Path,
    *,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """Take part in the search of `folder`, which another process leads, until nothing is left to train.

    Any number of processes on any hosts that share the directory can do so. All draw on one budget, no candidate is
    trained twice, and the half-done trial of one that dies is taken over by another. Arguments as for `search`.

    Raises:
        RunError: there is no search yet in the directory.
    """
    if not (folder / "sessions").is_dir():
        raise RunError(f"{folder} holds no search to take part in; start one with `gnas search --out {folder}`")
    run = RunDirectory(folder)
    with Session(run, clock, leads=False) as session, opened_storage(setup.config, run, helps=True) as storage:
        work = _work(setup, run, session, storage, stop, clock, resume=True)
        log(run, "assist")
        reason = yield from explore(work, queue_of(setup))
        if reason != "stopped":
            yield from confirm(work)


def _work(
    setup: Setup,
    run: RunDirectory,
    session: Session,
    storage: BaseStorage,
    stop: Callable[[], bool],
    clock: Callable[[], float],
    *,
    resume: bool,
) -> Work:
    objectives = objectives_of(setup.config, setup.space.constraints)
    study = open_study(
        storage, study_name(setup.config, run, leads=session.leads), objectives.directions, resume=resume
    )
    return Work(
        setup=setup,
        run=run,
        objectives=objectives,
        sampler=SAMPLERS[setup.config.sampler],
        pruner=PRUNERS[setup.config.pruner],
        ledger=Ledger(storage, study),
        budget=budget_of(setup.config, run, lambda: session.spent_s),
        session=session,
        stop=stop,
        clock=clock,
    )


def _repair(run: RunDirectory) -> list[str]:
    notes = [*repair_logs(run), *drop_damaged(run)]
    torn = repair_journal(run)
    return [*notes, f"study.journal: cut {torn} bytes of a half-written last line"] if torn else notes


def _restore(work: Work) -> list[str]:
    """Bring damaged folders of trials in line with the ledger; a sentence for each.

    Raises:
        RunError: trials ended, of which the ledger knows nothing.
    """
    outcomes = work.ledger.outcomes()
    if not outcomes and any(status.ended for status in read_statuses(work.run)):
        raise RunError(
            f"{work.run.path} holds trials that its study does not know: the journal or the database is another one; "
            f"put it back from a copy, or begin a new run from the trials with `gnas search --fork {work.run.path}`"
        )
    return [text for outcome in outcomes if outcome.finished for text in restore_trial(work.run, outcome)]


def _catch_up(work: Work) -> None:
    """Write what a process was killed before it wrote, after the ledger had it."""
    outcomes = work.ledger.outcomes()
    if outcomes:
        for outcome in outcomes:
            if outcome.finished and not is_ended(work.run.trial(outcome.number)):
                end_trial(work.run, outcome)
        write_trials(work.run, outcomes, work.objectives)


def _end(work: Work, reason: str) -> SearchEnded:
    _catch_up(work)
    outcomes = work.ledger.outcomes()
    failures = dict(Counter(outcome.reason or "unknown" for outcome in outcomes if outcome.state == "failed"))
    best = confirmation(work)
    front = pareto_front(outcomes, work.objectives) if len(work.objectives.names) > 1 else []
    if front:
        _write_front(work, front)
    log(work.run, "end", reason=reason, best=best.winner.number if best else None, failures=failures)
    if best is None and reason != "stopped":
        raise SearchFailed(f"no trial was completed ({END_REASONS[reason]}){_causes(failures)}")
    return SearchEnded(
        reason,
        best,
        tuple(sorted(o.number for o in front)),
        front[0].number if front else None,
        failures,
    )


def _causes(failures: dict[str, int]) -> str:
    if not failures:
        return ""
    common = sorted(failures.items(), key=lambda item: (-item[1], item[0]))[:5]
    return "; failures: " + "; ".join(f"{count} × {reason}" for reason, count in common)


def _write_front(work: Work, front: Sequence[Outcome]) -> None:
    """`pareto.json`: the front from one end to the other, and its knee."""
    points = tuple(
        FrontPoint(
            outcome.number, outcome.identity, dict(zip(work.objectives.names, outcome.values or (), strict=True))
        )
        for outcome in sorted(front, key=lambda outcome: outcome.values or ())
    )
    rule = "the point of the front farthest beyond the line through its extremes, after min-max scaling"
    write_record(work.run.pareto, Front(front[0].number, rule, points))
