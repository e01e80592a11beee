"""Figures with their uncertainty: intervals over users, and paired differences to each rival."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnas.train.evaluator import Evaluation
from gnas.train.statistics import bootstrap_interval, holm, paired_bootstrap


def with_intervals(evaluation: Evaluation, n: int, seed: int) -> dict[str, dict[str, float | None]]:
    """Every metric with its value, and `low` and `high` where it is a mean over users."""
    figures: dict[str, dict[str, float | None]] = {}
    for name, value in evaluation.metrics.items():
        figures[name] = {"value": value, "low": None, "high": None}
        if name in evaluation.per_user:
            interval = bootstrap_interval(evaluation.per_user[name], n, seed)
            figures[name] |= {"low": interval.low, "high": interval.high}
    return figures


def differences(
    winner: Evaluation, rivals: Mapping[str, Evaluation], metric: str, n: int, seed: int
) -> dict[str, dict[str, Any]]:
    """The winner's lead over each rival on `metric`, user by user, with p-values that hold for all at once (Holm).

    Empty where the metric is not a mean over users.
    """
    own = winner.per_user.get(metric)
    if own is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for name, rival in rivals.items():
        if not np.array_equal(winner.users, rival.users):
            raise ValueError(f"{name} was measured on other users than the winner")
        lead = paired_bootstrap(own, rival.per_user[metric], n, seed)
        found[name] = {"difference": lead.difference, "low": lead.low, "high": lead.high, "p": lead.p}
    for name, p in holm({name: record["p"] for name, record in found.items()}).items():
        found[name]["p_holm"] = p
    return found
