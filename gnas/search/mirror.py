"""The history as Optuna's samplers like to see it: a study in memory, made anew for every proposal.

What differs from the study on disk: failed trials are pruned ones with nothing to show, the worst there is, for
samplers overlook failures and propose them again; pruned trials rank by their best values so far, not their last;
with several objectives, which Optuna does not prune, they are complete but infeasible.
"""

from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome

UNFINISHED = "unfinished"
"""Name of the constraint that makes unfinished trials infeasible."""


def mirror(outcomes: tuple[Outcome, ...], objectives: Objectives, sampler: BaseSampler) -> optuna.Study:
    """A study in memory with the given history."""
    study = optuna.create_study(directions=list(objectives.directions), sampler=sampler)
    for outcome in outcomes:
        if outcome.counts:
            study.add_trial(reflection(outcome, type(sampler).__name__, several=len(objectives.names) > 1))
    return study


def reflection(outcome: Outcome, sampler_name: str, *, several: bool) -> FrozenTrial:
    """The Optuna trial that stands for `outcome`."""
    facts: dict[str, Any] = {
        "params": dict(outcome.params),
        "distributions": dict(outcome.distributions),
        # Genetic samplers count generations by this attribute; trials of other origins belong to the first.
        "system_attrs": {f"{sampler_name}:generation": 0} | dict(outcome.attrs or {}),
    }
    if outcome.state == "running":
        return create_trial(state=TrialState.RUNNING, **facts)
    return create_trial(**facts, **_ending(outcome, several))


def _ending(outcome: Outcome, several: bool) -> dict[str, Any]:
    excess = dict(outcome.excess or {})
    if outcome.state == "complete":
        return {"values": outcome.values, "constraints": excess | ({UNFINISHED: 0.0} if several else {})}
    if several and outcome.state == "pruned" and outcome.values is not None:
        return {"values": outcome.values, "constraints": {UNFINISHED: 1.0}}
    if several:
        return {"state": TrialState.PRUNED, "constraints": {UNFINISHED: 2.0}}
    if outcome.state == "pruned" and outcome.values is not None:
        step = max(outcome.rungs or {0: ()})
        return {"state": TrialState.PRUNED, "intermediate_values": {step: outcome.values[0]}}
    return {"state": TrialState.PRUNED}
