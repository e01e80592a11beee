"""Confirmation: the best of many noisy trials owes part of its value to luck, so the top few train again."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from filelock import FileLock

from gnas.evaluate.statistics import paired_t, welch
from gnas.rng import derive_seed
from gnas.rundir.confirm import FreshTraining, read_fresh
from gnas.rundir.log import log
from gnas.rundir.record import write_record
from gnas.search.events import Best, Confirmed, ConfirmEnded, ConfirmStarted, EpochDone, Event
from gnas.search.explore import POLL_S
from gnas.search.locks import lock_at, take
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome, ranked
from gnas.search.pareto import standing
from gnas.search.training import CandidateFailed, Progress, free_memory, guarded, watch, with_all
from gnas.search.work import Training, Work

ALPHA = 0.05


@dataclass(frozen=True)
class Job:
    """One training of a candidate on a fresh seed."""

    outcome: Outcome
    index: int
    """Its round."""
    seed: int
    path: Path
    lock: FileLock


def confirm(work: Work) -> Generator[Event, None, str | None]:
    """Train the top few on fresh seeds, seed by seed, so that an early end leaves the candidates comparable.

    Returns:
        Why it ended early: timeout, epochs or stopped; None if it did not.
    """
    config = work.setup.config.confirm
    top = ranked(work.ledger.outcomes(), work.objectives)[: config.top]
    if not top:
        return None
    rounds = [jobs(work, top, index) for index in range(config.seeds)]
    if any(not job.path.exists() for jobs_of_round in rounds for job in jobs_of_round):
        yield ConfirmStarted(tuple(outcome.number for outcome in top), config.seeds)
    early = yield from _train_all(work, [job for jobs_of_round in rounds for job in jobs_of_round])
    yield ConfirmEnded(tuple(ranking(work, top)))
    return early


def _train_all(work: Work, todo: Sequence[Job]) -> Generator[Event, None, str | None]:
    """Do what no other process is doing, then wait for the others and do what they leave undone."""
    while True:
        left = [job for job in todo if not job.path.exists()]
        if not left:
            return None
        for job in left:
            early = "stopped" if work.stop() else work.budget.all_over(work.ledger.outcomes())
            if early is not None:
                return early
            if not take(job.lock, wait=False):
                continue
            try:
                early = None if job.path.exists() else (yield from _train_again(work, job))
            finally:
                job.lock.release()
            if early is not None:
                return early
        work.session.beat()
        if any(not job.path.exists() for job in left):
            time.sleep(POLL_S)


def jobs(work: Work, top: Sequence[Outcome], index: int) -> list[Job]:
    """The trainings of round `index`; closed forms have some only where a round draws a new validation part."""
    found = []
    for outcome in top:
        if outcome.architecture.trained or work.setup.confirm is not None:
            seed = derive_seed(work.setup.seed, "confirm", outcome.identity, index)
            path = work.run.confirm(outcome.identity, seed)
            lock = lock_at(work.run.sessions / f"confirm-{outcome.identity}-{seed}.lock")
            found.append(Job(outcome, index, seed, path, lock))
    return found


def ranking(work: Work, top: Sequence[Outcome]) -> list[Confirmed]:
    """The candidates by the mean over their trial and as many fresh seeds as all of them have."""
    rounds = [jobs(work, top, index) for index in range(work.setup.config.confirm.seeds)]
    complete = [jobs_of_round for jobs_of_round in rounds if all(job.path.exists() for job in jobs_of_round)]
    confirmed = []
    for outcome in top:
        own = [job for jobs_of_round in complete for job in jobs_of_round if job.outcome is outcome]
        records = [read_fresh(job.path) for job in own]
        fresh = [record.values for record in records if record.values is not None]
        confirmed.append(_confirmed(outcome, fresh))
    return _by_mean(confirmed, work.objectives)


def best_of(order: Sequence[Confirmed], paired: bool = False) -> Best | None:
    """The winner, and whether it differs from the second: by Welch's t test over seeds, or by a paired one.

    Nothing is told where either has a single value: a closed form does not vary over seeds, but its value on a
    validation part that all seeds share is no more certain than that of others.

    Args:
        order: the candidates, the best first.
        paired: round by round, both were measured on the same draw of validation.
    """
    if not order:
        return None
    if len(order) == 1:
        return Best(order[0])
    first, second = order[0], order[1]
    test = paired_t if paired and len(first.fresh) == len(second.fresh) else welch
    p_value = test((first.value, *first.fresh), (second.value, *second.fresh))
    return Best(first, second, p_value, None if p_value is None else p_value < ALPHA)


def _training(work: Work, job: Job) -> Training:
    if work.setup.confirm is None:
        return work.setup.train(job.outcome.architecture, job.seed)
    return work.setup.confirm(job.outcome.architecture, job.seed, job.index)


def _train_again(work: Work, job: Job) -> Generator[Event, None, str | None]:
    last: Progress | None = None
    outcomes = work.ledger.outcomes()
    values: tuple[float, ...] | None = None
    reason: str | None = None
    try:
        training = guarded(lambda: _training(work, job))
        with closing(watch(work, training, work.budget.all_late)) as epochs:
            for epoch, last in epochs:
                yield EpochDone(job.outcome.number, epoch, confirming=True)
                if work.stop():
                    return "stopped"
                over = work.budget.all_over(outcomes, last.epochs)
                if over is not None and last.epochs < work.setup.ceiling(job.outcome.architecture):
                    return over
        if last is None or last.metrics is None:
            raise CandidateFailed("the training ended before its first evaluation", "")
        last = with_all(last, training)
        values = work.objectives.values(last.metrics or {})
    except CandidateFailed as error:
        free_memory()
        reason = error.reason
    last = last or Progress(0, None, None, 0.0)
    record = FreshTraining(
        job.outcome.number, job.outcome.identity, job.seed, values, last.epochs, last.wall_s,
        metrics=dict(last.metrics or {}) if values is not None else {},
        best_epoch=last.best_epoch if values is not None else None,
        reason=reason,
    )  # fmt: skip
    write_record(work.run.confirm(record.identity, record.seed), record)
    log(work.run, "confirmed", number=job.outcome.number, seed=job.seed, values=values)
    return None


def _confirmed(outcome: Outcome, fresh: list[tuple[float, ...]]) -> Confirmed:
    everything = [outcome.values or (), *fresh]
    means = tuple(fmean(column) for column in zip(*everything, strict=True))
    return Confirmed(
        number=outcome.number,
        identity=outcome.identity,
        value=everything[0][0],
        fresh=tuple(values[0] for values in fresh),
        mean=means[0],
        spread=stdev(values[0] for values in everything) if fresh else 0.0,
        means=means,
    )


def _by_mean(confirmed: list[Confirmed], objectives: Objectives) -> list[Confirmed]:
    """One objective: the best mean first. Several: by Pareto layer of the means, within it the knee first."""
    places = standing([objectives.gains(one.means) for one in confirmed])
    order = sorted(range(len(confirmed)), key=lambda index: (places[index], confirmed[index].number))
    return [confirmed[index] for index in order]
