"""Which family the next candidate comes from: time goes where the best is still improving.

Each family keeps a floor. The rest goes by what the latest trials of a family brought for what they cost (probability
matching; Thierens, "An adaptive pursuit strategy for allocating operator probabilities", GECCO 2005). What a trial
brought is how much nearer the best of its family came to the best of all: a step far behind the best counts for little.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from gnas.config.architecture import FAMILIES
from gnas.rng import derive_seed, numpy_rng
from gnas.search.outcome import Outcome
from gnas.search.view import View

FLOOR = 0.15
"""Share of the budget that every family keeps."""
MEMORY = 0.8
"""Weight of a trial beside the next of its family."""
LEAST_SCALE = 0.02
"""A family whose best lacks as much as the median trial does, or this part of the best of all if that is more, is e
times less near to the best than the leading one."""
STANDING = 0.01
"""What nearness alone is worth, beside what a trial of the family brought of late."""
MOST_RATIO = 5.0
"""Where trials of one family cost more than this many times those of another, they count as this many."""
DRAWS = 20
"""Random candidates that show which families a space has."""


def next_family(view: View) -> str | None:
    """The family to propose from, drawn by the families' shares; None where the space has but one."""
    drawn = numpy_rng(derive_seed(view.seed, "families"))
    present = {one.architecture.family for one in view.outcomes}
    present |= {view.space.draw(drawn).architecture.family for _ in range(DRAWS)}
    families = [family for family in FAMILIES if family in present]
    if len(families) < 2:
        return None
    share_F, cost_F = shares(view, families)
    draw_F = share_F / np.maximum(cost_F, cost_F.max() / MOST_RATIO)
    rng = numpy_rng(derive_seed(view.seed, "family", view.number))
    return families[int(rng.choice(len(families), p=draw_F / draw_F.sum()))]


def shares(view: View, families: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The share of the budget that each family should have, and what a trial of it costs; both [families].

    Costs are seconds where time alone ends the search. Else every trial counts 1, for a search of so many trials must
    not depend on the clock.
    """
    gain_of = {
        one.number: view.objectives.gains(one.values)[0]
        for one in view.outcomes
        if one.state == "complete" and one.values
    }
    gains = list(gain_of.values()) or [0.0]
    top = max(gains)
    scale = max(top - float(np.median(gains)), LEAST_SCALE * (abs(top) or 1.0))
    near = {number: float(np.exp((gain - top) / scale)) for number, gain in gain_of.items()}
    merits, costs = [], []
    for family in families:
        own = [one for one in view.outcomes if one.finished and one.architecture.family == family]
        best = max((near.get(one.number, 0.0) for one in own), default=0.0)
        merits.append((_brought(own, near, timed=view.timed), STANDING * best))
        costs.append(float(np.mean([_cost(one, timed=view.timed) for one in own])) if own else np.nan)
    cost_F = np.array(costs)  # a family without a trial costs as much as the dearest
    cost_F = np.where(np.isnan(cost_F), max([cost for cost in costs if not np.isnan(cost)], default=1.0), cost_F)
    merit_F = np.array([brought * cost_F.mean() + standing for brought, standing in merits])
    even = np.full(len(families), 1 / len(families))
    by_merit = merit_F / merit_F.sum() if merit_F.sum() > 0 else even
    floor = min(FLOOR, 1 / len(families))
    return floor + (1 - floor * len(families)) * by_merit, cost_F


def _brought(own: Sequence[Outcome], near: Mapping[int, float], *, timed: bool) -> float:
    """What the latest trials of a family brought for what they cost; older ones weigh less and less.

    Args:
        own: its trials.
        near: how near the complete trials are to the best of all, by number; 1 is the best.
        timed: whether seconds are the cost.
    """
    brought = spent = best = 0.0
    for one in own:
        brought, spent = MEMORY * brought, MEMORY * spent + _cost(one, timed=timed)
        nearer = near.get(one.number, 0.0)
        brought += max(0.0, nearer - best) if best else 0.0
        best = max(best, nearer)
    return brought / spent if spent else 0.0


def _cost(one: Outcome, *, timed: bool) -> float:
    return one.wall_s + 1e-3 if timed else 1.0
