"""One trial: train a candidate, judge it on its way, record the outcome."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from gnas.config.architecture import Architecture
from gnas.files import write_text
from gnas.rng import derive_seed
from gnas.rundir.log import log
from gnas.rundir.trial import TrialStatus, begin_trial, epochs_recorded, record_epoch
from gnas.search.events import END_REASONS, EpochDone, Event, TrialEnded, TrialStarted
from gnas.search.kinds import kind_of
from gnas.search.outcome import Outcome, first_of_each, ranked
from gnas.search.pruners import Case, due, far_behind
from gnas.search.publish import end_trial, keep_models, write_trials
from gnas.search.training import CandidateFailed, Progress, free_memory, guarded, watch, with_all, with_costs
from gnas.search.work import Training, Work

MIN_MODELS = 3
"""Saved models that are kept, if the confirmation does not ask for more."""

HOPE = (0.25, 0.5)
"""Parts of its share of the time between which a candidate is asked whether it can still come near the best."""

Ended = tuple[Outcome, Training | None]
"""What became of a trial, and the training whose model may be worth saving."""


def run_trial(work: Work, running: Outcome) -> Generator[Event, None, Outcome | None]:
    """Train the candidate of a trial that the ledger holds as running.

    Returns:
        What became of it; None if it was stopped and can be done again.
    """
    yield TrialStarted(running.number, running.architecture, running.origin)
    start = work.clock()
    try:
        ended = yield from _attempt(work, running, running.architecture)
    except CandidateFailed as error:
        ended = yield from _second_attempt(work, running, error)
    if ended is None:
        return None
    outcome, training = ended
    if outcome.state == "failed":
        epochs = epochs_recorded(work.run.trial(running.number))
        outcome = replace(outcome, epochs=epochs, wall_s=work.clock() - start)
    with work.session.claims:  # others would remove the model of a trial that the ledger does not know as complete
        stays = outcome.state == "complete" and outcome.number in _with_models(work, [*_others(work, running), outcome])
        if training is not None and stays:
            training.save(work.run.trial(outcome.number).model)
        outcome = work.ledger.finish(outcome)
        outcomes = work.ledger.outcomes()
        end_trial(work.run, outcome)
        keep_models(work.run, [*_with_models(work, outcomes), *work.setup.keep])
        write_trials(work.run, outcomes, work.objectives)
    del training, ended
    yield TrialEnded(outcome.number, outcome)
    return outcome


def _second_attempt(work: Work, running: Outcome, error: CandidateFailed) -> Generator[Event, None, Ended | None]:
    """Once more with half the batch if the GPU's memory ran out, else the failure."""
    free_memory()
    smaller = running.architecture.halved() if error.out_of_memory else None
    if smaller is None:
        return _failure(work, running, error), None
    log(work.run, "halved", trial=running.number, batch_size=smaller.batch_size)
    try:
        ended = yield from _attempt(work, running, smaller)
    except CandidateFailed as second:
        free_memory()
        return _failure(work, running, second), None
    if ended is None:
        return None
    outcome, training = ended
    wanted = running.architecture.written()["batch_size"]
    note = f"trained with batch_size {smaller.batch_size}: {wanted} did not fit in memory"
    reason = f"{outcome.reason}; {note}" if outcome.reason else note
    return replace(outcome, architecture=smaller, reason=reason), training


def _failure(work: Work, running: Outcome, error: CandidateFailed) -> Outcome:
    write_text(work.run.trial(running.number).error, error.details or error.reason + "\n")
    return replace(running, state="failed", reason=error.reason)


def _attempt(work: Work, running: Outcome, architecture: Architecture) -> Generator[Event, None, Ended | None]:
    place = work.run.trial(running.number)
    begin_trial(place, architecture, TrialStatus(running.number, "running", running.origin, running.identity))
    seed = derive_seed(work.setup.seed, "trial", running.identity)
    training = guarded(lambda: work.setup.train(architecture, seed))
    ceiling = work.setup.ceiling(architecture)
    judged = architecture.trained and not architecture.members
    curve: dict[int, tuple[float, ...]] = {}
    course: list[tuple[float, float]] = []
    reason: str | None = None
    pruned = False
    last = Progress(0, None, None, 0.0)
    with closing(watch(work, training, work.budget.trial_late)) as epochs:
        for epoch, last in epochs:
            record_epoch(place, epoch.index, epoch.loss, dict(epoch.metrics), last.wall_s)
            yield EpochDone(running.number, epoch)
            if work.stop():
                return None
            if judged and epoch.metrics and last.epochs < ceiling:  # one that was not validated tells nothing new
                course.append((last.wall_s, (last.metrics or {}).get(work.objectives.names[0], 0.0)))
                reason = _judge(work, running, training, curve, last, ceiling) or _hopeless(work, running, course)
                pruned = reason is not None
            if pruned:
                break
            others = [] if work.budget.epochs is None else _others(work, running)
            over = work.budget.over(others, last.epochs)
            if over is None and work.budget.trial_over(last.wall_s):
                over = "trial"
            if over is not None and last.epochs < ceiling:
                reason = f"cut short after {last.epochs} of at most {ceiling} epochs: {_OVER[over]}"
                break
    return _result(work, replace(running, curve=curve), training, last, reason, pruned=pruned), training


_OVER = {**END_REASONS, "trial": "its share of the time ran out"}


def _judge(
    work: Work,
    running: Outcome,
    training: Training,
    curve: dict[int, tuple[float, ...]],
    progress: Progress,
    ceiling: int,
) -> str | None:
    """Note the values at this share of the training; why the candidate should end, if a rung was reached, or None."""
    percent, before = 100 * progress.epochs // ceiling, max(curve, default=0)
    if not set(work.objectives.names) <= set(progress.metrics or {}):
        progress = with_costs(progress, training)
    curve[percent] = work.objectives.values(progress.metrics or {})
    if not due(work.pruner, work.setup.config.warm_up, before, percent):
        return None
    work.ledger.curve(running.number, curve)
    return work.pruner.verdict(Case(running, curve, percent, _others(work, running), work.objectives))


def _hopeless(work: Work, running: Outcome, course: list[tuple[float, float]]) -> str | None:
    """Why the candidate should end that would not come near the best in its share of the time; or None."""
    share_s = work.budget.trial_s
    if share_s is None or not HOPE[0] * share_s <= course[-1][0] <= HOPE[1] * share_s:
        return None
    return far_behind(course, share_s, _others(work, running), work.objectives)


def _result(
    work: Work, running: Outcome, training: Training, progress: Progress, reason: str | None, *, pruned: bool
) -> Outcome:
    if progress.metrics is None:
        raise CandidateFailed("the training ended before its first evaluation", "")
    progress = with_costs(progress, training) if pruned else with_all(progress, training)
    metrics = progress.metrics or {}
    return replace(
        running,
        state="pruned" if pruned else "complete",
        values=work.objectives.values(metrics),
        metrics=metrics,
        best_epoch=progress.best_epoch,
        epochs=progress.epochs,
        wall_s=progress.wall_s,
        reason=reason,
        excess=work.objectives.excess(metrics) if not pruned else None,
    )


def _others(work: Work, running: Outcome) -> list[Outcome]:
    return [outcome for outcome in work.ledger.outcomes() if outcome.number != running.number]


def _with_models(work: Work, outcomes: list[Outcome]) -> set[int]:
    """The trials whose models stay: the best few, those of each family and, for an ensemble, of each kind."""
    config, order = work.setup.config, ranked(outcomes, work.objectives)
    kept = order[: max(MIN_MODELS, config.confirm.top)]
    if config.confirm.top:
        kept += first_of_each(order, lambda outcome: outcome.architecture.family).values()
    if config.picks:
        kept += first_of_each(order, lambda outcome: kind_of(outcome.architecture)).values()
    return {outcome.number for outcome in kept}
