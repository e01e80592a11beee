"""One trial: train a candidate, judge it at its rungs, record the outcome."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from gnas.config.architecture import Architecture
from gnas.files import write_text
from gnas.rng import derive_seed
from gnas.rundir.log import log
from gnas.rundir.trial import TrialStatus, begin_trial, epochs_recorded, record_epoch
from gnas.search.events import END_REASONS, EpochDone, Event, TrialEnded, TrialStarted
from gnas.search.outcome import Outcome, ranked
from gnas.search.pruners import GRID, far_behind, prune, reached
from gnas.search.publish import end_trial, keep_models, write_trials
from gnas.search.training import CandidateFailed, Progress, free_memory, guarded, watch, with_all, with_costs
from gnas.search.work import Training, Work

MIN_MODELS = 3
"""Saved models that are kept, if the confirmation does not ask for more."""

HOPE = 0.25
"""Part of its share of the time after which a candidate that is far behind the best ends."""

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
    rungs: dict[int, tuple[float, ...]] = {}
    reason: str | None = None
    pruned = False
    last = Progress(0, None, None, 0.0)
    with closing(watch(work, training, work.budget.trial_late)) as epochs:
        for epoch, last in epochs:
            record_epoch(place, epoch.index, epoch.loss, dict(epoch.metrics), last.wall_s)
            yield EpochDone(running.number, epoch)
            if work.stop():
                return None
            if architecture.trained and epoch.metrics:  # an epoch that was not validated tells nothing new
                reason = _judge(work, running, training, rungs, last, ceiling) or _hopeless(work, running, last)
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
    return _result(work, running, training, last, reason, pruned=pruned), training


_OVER = {**END_REASONS, "trial": "its share of the time ran out"}


def _judge(
    work: Work,
    running: Outcome,
    training: Training,
    rungs: dict[int, tuple[float, ...]],
    progress: Progress,
    ceiling: int,
) -> str | None:
    """Note the values at each rung that was newly reached; why the candidate should end, or None."""
    top = reached(progress.epochs / ceiling)
    new = [rung for rung in GRID if rung <= top and rung not in rungs]
    if not new or progress.epochs >= ceiling:
        return None
    known = set(progress.metrics or {})
    if not set(work.objectives.names) <= known:
        progress = with_costs(progress, training)
    values = work.objectives.values(progress.metrics or {})
    rungs.update(dict.fromkeys(new, values))
    judged = [rung for rung in new if rung in work.pruner.judged(work.setup.config.warm_up, running.number)]
    if not judged:
        return None
    work.ledger.rungs(running.number, rungs)
    peers = _others(work, running)
    return prune(work.pruner, rungs, judged[-1], running.number, peers, work.objectives, work.setup.config.warm_up)


def _hopeless(work: Work, running: Outcome, progress: Progress) -> str | None:
    """Why the candidate should end that has spent some of its share of the time and is far behind; or None."""
    if not work.budget.trial_over(progress.wall_s / HOPE):
        return None
    return far_behind(progress.metrics or {}, _others(work, running), work.objectives)


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
        kept += {outcome.architecture.family: outcome for outcome in reversed(order)}.values()
    if config.picks:
        kept += {outcome.architecture.kind: outcome for outcome in reversed(order)}.values()
    return {outcome.number for outcome in kept}
