"""Figures with their uncertainty: intervals over users, and paired differences to each rival."""

from collections.abc import Mapping

import numpy as np

from gnas.evaluate.evaluator import Evaluation
from gnas.evaluate.statistics import bootstrap_interval, holm, paired_bootstrap
from gnas.metrics import metric_of
from gnas.rundir.look import Lead, Measured


def with_intervals(evaluation: Evaluation, n: int, seed: int, least_users: int = 1) -> dict[str, Measured]:
    """Every metric with its value, and `low` and `high` where it is a mean over users (an RMSE over ratings is not).

    `least_users`: of fewer than these a bootstrap is not taken.
    """
    figures: dict[str, Measured] = {}
    for name, value in evaluation.metrics.items():
        figures[name] = Measured(value)
        values_U = evaluation.per_user.get(name)
        if values_U is None:
            continue
        known = values_U[~np.isnan(values_U)]
        if len(known) >= least_users and np.isclose(known.mean(), value):
            figures[name] = Measured(value, *bootstrap_interval(known, n, seed))
    return figures


def leads(winner: Evaluation, rivals: Mapping[str, Evaluation], metric: str, n: int, seed: int) -> dict[str, Lead]:
    """The winner's lead over each rival on `metric`, user by user, with p-values that hold for all at once (Holm).

    Positive is better, also where less of the metric is. For an error of ratings it is about the users' own errors.
    Empty where the metric has no value for each user.
    """
    own = winner.per_user.get(metric)
    if own is None:
        return {}
    found = {}
    for name, rival in rivals.items():
        if not np.array_equal(winner.users, rival.users):
            raise ValueError(f"{name} was measured on other users than the winner")
        theirs = rival.per_user[metric]
        known = ~(np.isnan(own) | np.isnan(theirs))
        ahead, behind = (own, theirs) if metric_of(metric).direction == "maximize" else (theirs, own)
        found[name] = paired_bootstrap(ahead[known], behind[known], n, seed)
    p_holm = holm({name: lead.p for name, lead in found.items()})
    return {name: Lead(lead.difference, lead.low, lead.high, lead.p, p_holm[name]) for name, lead in found.items()}
