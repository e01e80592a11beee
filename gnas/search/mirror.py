"""The history as a study of Optuna in memory, made for every proposal.

What differs from the study on disk: failed trials are pruned ones with nothing to show, the worst there is, for
samplers overlook failures and propose them again; pruned trials are complete ones with what they would likely have
ended with; with several objectives, which Optuna does not prune, they are complete but infeasible.
"""

from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from gnas.search.curves import expected
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome

UNFINISHED = "unfinished"
"""Name of the constraint that makes unfinished trials infeasible."""


def mirror(outcomes: tuple[Outcome, ...], objectives: Objectives, sampler: BaseSampler) -> optuna.Study:
    """A study in memory with the given history."""
    study = optuna.create_study(directions=list(objectives.directions), sampler=sampler)
    likely = {} if len(objectives.names) > 1 else expected(outcomes, objectives)
    for outcome in outcomes:
        seen = likely.get(outcome.number, outcome)
        study.add_trial(reflection(seen, objectives, type(sampler).__name__))
    return study


def reflection(outcome: Outcome, objectives: Objectives, sampler_name: str) -> FrozenTrial:
    """The Optuna trial that stands for `outcome`."""
    facts: dict[str, Any] = {
        "params": dict(outcome.params),
        "distributions": dict(outcome.distributions),
        # Genetic samplers count generations by this attribute; trials of other origins belong to the first.
        "system_attrs": {f"{sampler_name}:generation": 0} | dict(outcome.attrs or {}),
    }
    if outcome.state == "running":
        return create_trial(state=TrialState.RUNNING, **facts)
    several = len(objectives.names) > 1
    known = constraints(outcome, objectives)
    if outcome.values is not None and (outcome.state == "complete" or several):
        return create_trial(values=outcome.values, constraints=known, **facts)
    if several:
        return create_trial(state=TrialState.PRUNED, constraints=known, **facts)
    return create_trial(state=TrialState.PRUNED, **facts)


def constraints(outcome: Outcome, objectives: Objectives) -> dict[str, float]:
    """By how much each limit is passed; the same names for all outcomes of one search, as samplers want it."""
    found = dict.fromkeys(objectives.limit_names, 0.0) | dict(outcome.excess or {})
    if len(objectives.names) > 1:
        found[UNFINISHED] = {"complete": 0.0, "pruned": 1.0}.get(outcome.state, 2.0)
    return found
