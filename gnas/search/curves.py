"""Learning curves: what was reached by when, and what a training would come to at its end.

A curve holds the best values so far at shares of a candidate's own training, in percent, for a loss that needs 40
epochs and one that needs 400 are not comparable after 30. It has a point wherever the candidate was validated. How much
is still to come is told by the curves of those that went to their ends, above all of the same kind: one kind has
converged after a tenth of its training, another has half of its way to go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from gnas.search.kinds import kind_of
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome

Curve = Mapping[int, tuple[float, ...]]
PRIOR = 0.5
"""Weight of all other kinds together beside that of one candidate of the same kind."""


def values_at(outcome: Outcome, percent: int) -> tuple[float, ...] | None:
    """Best values of a trial after a share of its training, or None if it was not yet, or no more, measured then.

    Between two measurements the values lie on a straight line. One that converged before stands there with what it
    ended with; closed forms, which have but one epoch, stand nowhere.
    """
    curve = outcome.curve
    if not curve or outcome.state not in ("running", "complete", "pruned"):
        return None
    if percent in curve:
        return curve[percent]
    points = sorted(curve)
    if percent < points[0]:
        return None
    if percent > points[-1]:
        return outcome.values if outcome.state == "complete" else None
    before, after = next(pair for pair in pairwise(points) if pair[0] < percent < pair[1])
    share = (percent - before) / (after - before)
    return tuple(a + share * (b - a) for a, b in zip(curve[before], curve[after], strict=True))


def finished(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those that were trained to their ends."""
    return [one for one in outcomes if one.state == "complete" and one.values and one.curve]


def end_of(
    values: tuple[float, ...], percent: int, kind: str, ended: Sequence[Outcome], objectives: Objectives, share: float
) -> tuple[float, ...] | None:
    """What a candidate of a kind that has `values` after `percent` of its training would end with.

    Each that ended tells one end: as many times as much as its own values became from there on, or, if that is better,
    the end of one that only takes longer. The quantile `share` of these is taken, the best side being 1. Each of the
    same kind weighs 1, all others together `PRIOR`.

    Returns:
        The end of each objective, or None where nobody has ended.
    """
    rows = [(one, _end(one, values, percent, objectives)) for one in ended]
    told = [(kind_of(one.architecture) == kind, end) for one, end in rows if end is not None]
    if not told:
        return None
    alike_T = np.array([alike for alike, _ in told])
    weight_T = np.where(alike_T, 1.0, PRIOR / max(1, (~alike_T).sum()))
    shares = [share if direction == "maximize" else 1 - share for direction in objectives.directions]
    return tuple(
        _quantile(np.array([end[column] for _, end in told]), weight_T, at) for column, at in enumerate(shares)
    )


def _end(one: Outcome, values: tuple[float, ...], percent: int, objectives: Objectives) -> tuple[float, ...] | None:
    """Where `values` at `percent` end if they go on as `one` did."""
    then = values_at(one, percent)
    if then is None or one.values is None:
        return None
    ends = tuple(value * _growth(a, b) for value, a, b in zip(values, then, one.values, strict=True))
    return _at_least(ends, _slower(one, values[0], percent, objectives), objectives)


def _slower(one: Outcome, value: float, percent: int, objectives: Objectives) -> float:
    """The end, in the first objective, of one that takes longer to come to `value` than `one` took, and to all else."""
    sign = 1.0 if objectives.directions[0] == "maximize" else -1.0
    curve = {**(one.curve or {}), 100: one.values or ()}
    percents, found = zip(*((at, sign * values[0]) for at, values in sorted(curve.items())), strict=True)
    passed = float(np.interp(sign * value, np.maximum.accumulate(found), percents))
    return sign * float(np.interp(100 * min(1.0, passed / percent), percents, found)) if passed < percent else value


def expected(outcomes: Sequence[Outcome], objectives: Objectives) -> dict[int, Outcome]:
    """Pruned trials as the complete ones that they would likely have been, by number: the median growth from there on.

    A pruned trial is no loser: it is one of which only the beginning is known. Never worse than what it had.
    """
    ended, found = finished(outcomes), {}
    for one in outcomes:
        if one.state != "pruned" or one.values is None:
            continue
        end = end_of(one.values, max(one.curve or {100: ()}), kind_of(one.architecture), ended, objectives, 0.5)
        values = one.values if end is None else _at_least(end, one.values[0], objectives)
        found[one.number] = replace(one, state="complete", values=values)
    return found


def _at_least(values: tuple[float, ...], floor: float, objectives: Objectives) -> tuple[float, ...]:
    """The values, that of the first objective no worse than `floor`."""
    better = max if objectives.directions[0] == "maximize" else min
    return (better(values[0], floor), *values[1:])


def _growth(then: float, end: float) -> float:
    return end / then if then * end > 0 else 1.0


def _quantile(value_T: np.ndarray, weight_T: np.ndarray, share: float) -> float:
    """The weighted quantile of values, on a line between the middles of their weights."""
    order = np.argsort(value_T)
    weight_T = weight_T[order]
    middle_T = (np.cumsum(weight_T) - weight_T / 2) / weight_T.sum()
    return float(np.interp(share, middle_T, value_T[order]))
