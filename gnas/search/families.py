"""Which family the next candidate comes from: time goes where the best is still improving.

Each family keeps a floor. The rest goes by what the latest trials of a family brought for what they cost (probability
matching; Thierens, "An adaptive pursuit strategy for allocating operator probabilities", GECCO 2005). What a trial
brought is how much nearer the best of its family came to the best of all: a step far behind the best counts for little.
"""

from collections.abc import Sequence

import numpy as np

from gnas.config.architecture import FAMILIES
from gnas.rng import derive_seed, numpy_rng
from gnas.search.outcome import Outcome
from gnas.search.view import View

FLOOR = 0.2
"""Share of the budget that every family keeps."""
MEMORY = 0.8
"""Weight of a trial beside the next of its family."""
SCALE = 0.1
"""A family whose best lacks this part of the best of all is e times less near to it than the leading one."""
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
    top = max(gain_of.values(), default=0.0)
    merits, costs = [], []
    for family in families:
        own = [one for one in view.outcomes if one.finished and one.architecture.family == family]
        brought, spent = _rate(own, gain_of, top, timed=view.timed)
        merits.append(brought / spent if spent else 0.0)
        costs.append(_mean_cost(own, timed=view.timed))
    merit_F, cost_F = np.array(merits), np.array(costs)
    if not np.isfinite(cost_F).all():  # a family without a trial costs as much as the dearest
        cost_F = np.where(np.isfinite(cost_F), cost_F, cost_F[np.isfinite(cost_F)].max(initial=1.0))
    even = np.full(len(families), 1 / len(families))
    by_merit = merit_F / merit_F.sum() if merit_F.sum() > 0 else even
    floor = min(FLOOR, 1 / len(families))
    return floor + (1 - floor * len(families)) * by_merit, cost_F


def _rate(own: Sequence[Outcome], gain_of: dict[int, float], top: float, *, timed: bool) -> tuple[float, float]:
    """What the latest trials of a family brought, and what they cost; older ones weigh less and less."""
    brought = spent = 0.0
    best: float | None = None
    for one in own:
        brought, spent = MEMORY * brought, MEMORY * spent + _cost(one, timed=timed)
        gain = gain_of.get(one.number)
        if gain is None or (best is not None and gain <= best):
            continue
        brought += 0.0 if best is None else _nearness(gain, top) - _nearness(best, top)
        best = gain
    return brought, spent


def _nearness(gain: float, top: float) -> float:
    """1 for the best of all, 1/e for what lacks `SCALE` of it."""
    return float(np.exp((gain - top) / (SCALE * (abs(top) or 1.0))))


def _cost(one: Outcome, *, timed: bool) -> float:
    return one.wall_s + 1e-3 if timed else 1.0


def _mean_cost(own: Sequence[Outcome], *, timed: bool) -> float:
    return float(np.mean([_cost(one, timed=timed) for one in own])) if own else float("inf")
