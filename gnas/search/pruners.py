"""Pruning: which candidates end before their last epoch.

Candidates are judged at rungs, shares of their own training in percent, by the best values that they had by then, and
always against others at the same share. `ends` compares what they will end with; `halving` and `median` compare what
they have, and take a slow starter for a weak candidate. Closed forms, which have but one epoch, stand nowhere. All
pruners are pure functions of the curves, for one objective or several.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from gnas.registry import Registry
from gnas.search.curves import Curve, end_of, finished, values_at
from gnas.search.kinds import kind_of
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.pareto import dominates

RUNG_STEP = 5
LAST_RUNG = 95
MIN_PEERS = 4
"""Pruning starts once this many trials have reached the rung, or for `ends` their ends."""
REDUCTION = 3
"""One trial in this many goes on from a rung (successive halving)."""
OWN = 1
"""So many of a kind go to their ends before `ends` judges others of it: how they grow is not known before."""
TOP = 3
"""A candidate that cannot become one of this many best is ended by `ends`."""
HOPE = 0.8
"""The share of the ends told by those that ended that `ends` believes a candidate not to exceed."""
NEAR = 0.8
"""A candidate that would come to this part of the best is not far behind."""


@dataclass(frozen=True)
class Case:
    """A candidate at a rung: `curve` ends at `percent`, where it is judged; `peers` are all other trials."""

    running: Outcome
    curve: Curve
    percent: int
    peers: Sequence[Outcome]
    objectives: Objectives


@dataclass(frozen=True)
class Pruner:
    """Where candidates are judged, and how."""

    rungs: Callable[[float], Sequence[int]]
    """Warm-up share → rungs."""
    verdict: Callable[[Case], str | None]
    """Why the candidate should end, or None."""


PRUNERS: Registry[Pruner] = Registry("pruner")


def due(pruner: Pruner, warm_up: float, before: int, percent: int) -> bool:
    """Whether a rung was reached since the candidate was last judged, at `before` percent."""
    return any(before < rung <= percent for rung in pruner.rungs(warm_up))


def _geometric(warm_up: float) -> list[int]:
    """10 and 30 % for a warm-up of 10 %."""
    rungs, share = [], max(warm_up, RUNG_STEP / 100)
    while share < 0.9:
        rungs.append(min(LAST_RUNG, max(RUNG_STEP, RUNG_STEP * ceil(round(100 * share / RUNG_STEP, 6)))))
        share *= REDUCTION
    return rungs


def _every_tenth(warm_up: float) -> list[int]:
    return [rung for rung in range(10, 100, 10) if rung >= 100 * warm_up]


def _best_share(keep: float) -> Callable[[Case], str | None]:
    """End those that are not among the best share at the rung, rounded up, so that the best always goes on."""

    def verdict(case: Case) -> str | None:
        rivals = [found for peer in case.peers if (found := values_at(peer, case.percent)) is not None]
        mine = case.objectives.gains(case.curve[case.percent])
        better = sum(dominates(case.objectives.gains(found), mine) for found in rivals)
        if len(rivals) < MIN_PEERS or better < ceil(keep * (len(rivals) + 1)):
            return None
        return f"after {case.percent}% of its training {better} of {len(rivals)} others were better"

    return verdict


def _ends(case: Case) -> str | None:
    """End those that, growing as the better ones of their kind did from here on, would not be among the best."""
    ended, kind = finished(case.peers), kind_of(case.running.architecture)
    if len(ended) < MIN_PEERS or sum(kind_of(one.architecture) == kind for one in ended) < OWN:
        return None
    end = end_of(case.curve[case.percent], case.percent, kind, ended, case.objectives, HOPE)
    if end is None:
        return None
    mine = case.objectives.gains(end)
    better = sum(dominates(case.objectives.gains(one.values or ()), mine) for one in ended)
    if better < TOP:
        return None
    names = ", ".join(f"{name} {value:.4f}" for name, value in zip(case.objectives.names, end, strict=True))
    return f"after {case.percent}% of its training it could come to {names}, and {better} others were better"


PRUNERS.add("ends", Pruner(_every_tenth, _ends))
PRUNERS.add("halving", Pruner(_geometric, _best_share(1 / REDUCTION)))
PRUNERS.add("median", Pruner(_every_tenth, _best_share(0.5)))
PRUNERS.add("none", Pruner(lambda _warm_up: [], lambda _case: None))


def far_behind(
    course: Sequence[tuple[float, float]], share_s: float, peers: Sequence[Outcome], objectives: Objectives
) -> str | None:
    """Why a candidate has no hope, or None: rising as fast as of late, it would stay far behind the best so far.

    Only where there is one aim, and more of it is better. Curves bend down, so this is more than it would come to.

    Args:
        course: seconds and best value so far, wherever it was validated.
        share_s: the seconds that the candidate may take.
        peers: the other trials.
        objectives: the aims.
    """
    best = max((peer.values[0] for peer in peers if peer.state == "complete" and peer.values), default=0.0)
    seconds, values = zip((0.0, 0.0), *course, strict=True)
    now_s, value = course[-1]
    rise = (value - float(np.interp(now_s / 2, seconds, values))) / (now_s / 2)
    end = value + rise * (share_s - now_s)
    if objectives.directions != ("maximize",) or end >= NEAR * best:
        return None
    name = objectives.names[0]
    return f"stopped early: {name} {value:.4f} would rise to {end:.4f} in its share of the time, best so far {best:.4f}"
