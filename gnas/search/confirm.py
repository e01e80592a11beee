"""Confirmation: the best of many noisy trials owes part of its value to luck, so the top few train again."""

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from statistics import fmean, stdev

from filelock import FileLock

from gnas.evaluate.statistics import paired_t, welch
from gnas.metrics import metric_of
from gnas.rng import derive_seed
from gnas.rundir.confirm import Confirmation, Confirmed, FreshTraining, read_fresh
from gnas.rundir.log import log
from gnas.rundir.record import write_record
from gnas.search.events import ConfirmEnded, ConfirmStarted, EpochDone, Event
from gnas.search.explore import POLL_S
from gnas.search.locks import lock_at, take
from gnas.search.outcome import Outcome, first_of_each, ranked
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
    top, beside = contestants(work)
    if not config.top or not top:
        return None
    todo = [job for group in (top, beside) for index in range(config.seeds) for job in jobs(work, group, index)]
    if any(not job.path.exists() for job in todo):
        yield ConfirmStarted(tuple(outcome.number for outcome in (*top, *beside)), config.seeds)
    early = yield from _train_all(work, todo)
    yield ConfirmEnded(tuple(ranking(work, top, beside)))
    return early


def contestants(work: Work) -> tuple[list[Outcome], list[Outcome]]:
    """The top few, and beside them the best of each family that has none among them, so that families compare."""
    order, top = ranked(work.ledger.outcomes(), work.objectives), work.setup.config.confirm.top
    if not top:
        return order[:1], []
    best = first_of_each(order, lambda outcome: outcome.architecture.family)
    return order[:top], [outcome for outcome in best.values() if outcome not in order[:top]]


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


def ranking(work: Work, top: Sequence[Outcome], beside: Sequence[Outcome] = ()) -> list[Confirmed]:
    """The candidates by the mean of their fresh trainings, over the rounds that all of `top` went through.

    Where not even the first round is whole, the leading ones that went through it are compared by it. Those of
    `beside` that went through as many are ranked among them; whoever did not comes after, by the trial alone.
    """
    rounds = range(work.setup.config.confirm.seeds)
    whole = [index for index in rounds if all(_done(work, outcome, index) for outcome in top)]
    able = list(top)
    if not whole:
        able = list(takewhile(lambda outcome: _done(work, outcome, 0), top))
        whole = [0] if len(able) > 1 else []
        able = able if whole else list(top)
    able += [outcome for outcome in beside if whole and all(_done(work, outcome, index) for index in whole)]
    names = work.objectives.names
    ranked_ones = {outcome.number for outcome in able}
    rest = [outcome for outcome in (*top, *beside) if outcome.number not in ranked_ones]
    return [
        *(_confirmed(names, outcome, _fresh(work, outcome, whole)) for outcome in _by_mean(work, able, whole)),
        *(_confirmed(names, one, _fresh(work, one, takewhile(partial(_done, work, one), whole))) for one in rest),
    ]


def confirmation(work: Work) -> Confirmation | None:
    """What the confirmation came to, so far as it went; None where no trial was completed."""
    top, beside = contestants(work)
    return judged(ranking(work, top, beside), paired=work.setup.confirm is not None) if top else None


def judged(order: Sequence[Confirmed], *, paired: bool = False) -> Confirmation:
    """Whether the winner differs from the second: by Welch's t test over fresh seeds, or by a paired one.

    Nothing is told where either has fewer than two fresh values: a closed form does not vary over seeds, but its value
    on a validation part that all seeds share is no more certain than that of others.

    Args:
        order: the candidates, the best first.
        paired: round by round, both were measured on the same draw of validation.
    """
    if len(order) == 1:
        return Confirmation(tuple(order))
    first, second = order[0].fresh, order[1].fresh
    p_value = (paired_t if paired and len(first) == len(second) else welch)(first, second)
    return Confirmation(tuple(order), p_value, None if p_value is None else p_value < ALPHA)


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


def _done(work: Work, outcome: Outcome, index: int) -> bool:
    """Whether a candidate went through a round, if only to fail; one that has nothing to do in it did."""
    return all(job.path.exists() for job in jobs(work, [outcome], index))


def _fresh(work: Work, outcome: Outcome, rounds: Iterable[int]) -> list[tuple[float, ...]]:
    """The values of all objectives in these rounds."""
    records = [read_fresh(job.path) for index in rounds for job in jobs(work, [outcome], index)]
    return [record.values for record in records if record.values is not None]


def _confirmed(names: Sequence[str], outcome: Outcome, fresh: Sequence[tuple[float, ...]]) -> Confirmed:
    main = next((place for place, name in enumerate(names) if not metric_of(name).is_cost), 0)
    value, again = (outcome.values or ())[main], tuple(values[main] for values in fresh)
    spread = stdev(again) if len(again) > 1 else 0.0
    return Confirmed(outcome.number, outcome.identity, value, again, fmean(again) if again else value, spread)


def _by_mean(work: Work, outcomes: Sequence[Outcome], rounds: Sequence[int]) -> list[Outcome]:
    """The outcomes in the order of their fresh means; for several objectives by Pareto layer, the knee first."""
    means = [
        tuple(fmean(column) for column in zip(*(_fresh(work, one, rounds) or [one.values or ()]), strict=True))
        for one in outcomes
    ]
    places = standing([work.objectives.gains(mean) for mean in means])
    return [one for _, _, one in sorted(zip(places, (one.number for one in outcomes), outcomes, strict=True))]
