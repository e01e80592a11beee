"""Figures with their uncertainty: intervals over users, and paired differences to each rival."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnas.evaluate.evaluator import Evaluation
from gnas.evaluate.statistics import bootstrap_interval, holm, paired_bootstrap
from gnas.metrics import metric_of


def with_intervals(
    evaluation: Evaluation, n: int, seed: int, least_users: int = 1
) -> dict[str, dict[str, float | None]]:
    """Every metric with its value, and `low` and `high` where it is a mean over users (an RMSE over ratings is not).

    `least_users`: of fewer than these a bootstrap is not taken.
    """
    figures: dict[str, dict[str, float | None]] = {}
    for name, value in evaluation.metrics.items():
        figures[name] = {"value": value, "low": None, "high": None}
        values_U = evaluation.per_user.get(name)
        if values_U is None:
            continue
        known = values_U[~np.isnan(values_U)]
        if len(known) >= least_users and np.isclose(known.mean(), value):
            interval = bootstrap_interval(known, n, seed)
            figures[name] |= {"low": interval.low, "high": interval.high}
    return figures


def leads(
    winner: Evaluation, rivals: Mapping[str, Evaluation], metric: str, n: int, seed: int
) -> dict[str, dict[str, Any]]:
    """The winner's lead over each rival on `metric`, user by user, with p-values that hold for all at once (Holm).

    Positive is better, also where less of the metric is. For an error of ratings it is about the users' own errors.
    Empty where the metric has no value for each user.
    """
    own = winner.per_user.get(metric)
    if own is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for name, rival in rivals.items():
        if not np.array_equal(winner.users, rival.users):
            raise ValueError(f"{name} was measured on other users than the winner")
        theirs = rival.per_user[metric]
        known = ~(np.isnan(own) | np.isnan(theirs))
        ahead, behind = (own, theirs) if metric_of(metric).direction == "maximize" else (theirs, own)
        lead = paired_bootstrap(ahead[known], behind[known], n, seed)
        found[name] = {"difference": lead.difference, "low": lead.low, "high": lead.high, "p": lead.p}
    for name, p in holm({name: record["p"] for name, record in found.items()}).items():
        found[name]["p_holm"] = p
    return found
