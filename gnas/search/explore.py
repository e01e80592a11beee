"""The trials of a search, one after another, by one process or by several."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from gnas.search.events import Event, TrialEnded
from gnas.search.outcome import Outcome
from gnas.search.propose import Queue, propose
from gnas.search.trial import run_trial
from gnas.search.view import View
from gnas.search.work import Work

POLL_S = 0.1
"""Between two looks at what other processes are doing."""


@dataclass(frozen=True)
class Claim:
    """The next trial of this process, or why there is none; `busy` while others are at work."""

    trial: Outcome | None
    reason: str | None
    busy: bool


def explore(work: Work, queue: Queue) -> Generator[Event, None, str]:
    """Train candidates until something ends it and no other process is still training; returns what ended it.

    A process that has nothing to begin waits for the others, for one of them may die and leave its trial behind.
    """
    failures = 0
    gave_up: str | None = None
    exhausted = False
    told = {outcome.number for outcome in work.ledger.outcomes() if outcome.finished}
    while True:
        if work.stop():
            return "stopped"
        claim = claim_next(work, queue, gave_up, exhausted=exhausted)
        exhausted = claim.reason == "exhausted"
        yield from _news(work, told)
        if claim.trial is None:
            if claim.reason is not None and (not claim.busy or work.budget.all_over(work.ledger.outcomes())):
                return claim.reason
            work.session.beat()
            time.sleep(POLL_S)
            continue
        told.add(claim.trial.number)
        outcome = yield from run_trial(work, claim.trial)
        if outcome is None:
            return "stopped"
        failures = failures + 1 if outcome.state == "failed" else 0
        if failures >= work.setup.config.max_failures:
            gave_up = "failures"


def claim_next(work: Work, queue: Queue, gave_up: str | None = None, *, exhausted: bool = False) -> Claim:
    """Take over a trial that nobody alive is training, else begin a new one, as far as the budget goes.

    One process at a time does this, so that no two begin the same candidate or one trial too many. An `exhausted`
    space stays so: it is not looked through again, which takes long, while the last trials are trained.
    """
    with work.session.claims:
        outcomes = work.ledger.outcomes()
        running = [outcome for outcome in outcomes if not outcome.finished]
        free = [outcome for outcome in running if work.session.is_free(outcome.number)]
        busy = len(free) < len(running)
        reason = gave_up or work.budget.over(outcomes)
        if reason is not None:
            return Claim(None, reason, busy)
        if free:
            work.session.own(free[0].number)
            return Claim(free[0], None, busy)
        reason = work.budget.reason(outcomes)
        if reason is not None:
            return Claim(None, reason, busy)
        begun = None if exhausted else _begin(work, queue, outcomes)
        return Claim(begun, None if begun else "exhausted", busy)


def _begin(work: Work, queue: Queue, outcomes: Sequence[Outcome]) -> Outcome | None:
    view = View(
        space=work.setup.space,
        outcomes=tuple(outcomes),
        objectives=work.objectives,
        number=len(outcomes),
        seed=work.setup.seed,
        time_share=work.budget.time_share(),
        trials=work.budget.trials,
        timed=work.budget.trials is None and work.budget.timeout_s is not None,
    )
    found = propose(queue, work.sampler, view)
    if found is None:
        return None
    number = work.ledger.start(*found)
    work.session.own(number)
    return next(outcome for outcome in work.ledger.outcomes() if outcome.number == number)


def _news(work: Work, told: set[int]) -> Generator[Event, None, None]:
    """Tell of the trials that other processes have ended."""
    for outcome in work.ledger.outcomes():
        if outcome.finished and outcome.number not in told:
            told.add(outcome.number)
            yield TrialEnded(outcome.number, outcome)
