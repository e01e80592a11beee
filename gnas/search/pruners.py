"""Pruning: which candidates end before their last epoch.

Candidates are compared at rungs: percent of their own epochs, for a loss that needs 40 epochs and one that needs 400
are not comparable after 30. A rung compares the best values so far of those that reached it. Candidates that converge
before a rung stand there with their final values; closed forms, which have but one epoch, stand nowhere.
All pruners are pure functions of these values, for one objective or several.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from gnas.registry import Registry
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.pareto import dominates

RUNG_STEP = 5
GRID = tuple(range(RUNG_STEP, 100, RUNG_STEP))
"""The rungs at which values are kept, in percent."""
MIN_PEERS = 4
"""Pruning starts once this many trials have reached the rung."""
REDUCTION = 3
"""One trial in this many goes on from a rung (successive halving)."""
STALL = 20
"""Percent of the epochs without a better value before `patient` judges."""

Rungs = Mapping[int, tuple[float, ...]]


@dataclass(frozen=True)
class Pruner:
    """Where candidates are judged, which share of those at a rung goes on, and whether progress protects."""

    judged: Callable[[float, int], Sequence[int]]
    """Warm-up share and trial number → rungs."""
    keep: float
    patient: bool = False


PRUNERS: Registry[Pruner] = Registry("pruner")


def _geometric(warm_up: float) -> list[int]:
    rungs, share = [], max(warm_up, RUNG_STEP / 100)
    while share < 0.9:
        rungs.append(_on_grid(share))
        share *= REDUCTION
    return rungs


def _on_grid(share: float) -> int:
    return min(GRID[-1], max(GRID[0], RUNG_STEP * ceil(round(100 * share / RUNG_STEP, 6))))


def _halving(warm_up: float, _number: int) -> list[int]:
    """Successive halving: 10, 30 and 90 % for a warm-up of 10 %."""
    return _geometric(warm_up)


def _hyperband(warm_up: float, number: int) -> list[int]:
    """Brackets in turn, each without one more of the early rungs; the last prunes nothing."""
    rungs = _geometric(warm_up)
    return rungs[number % (len(rungs) + 1) :]


def _every_tenth(warm_up: float, _number: int) -> list[int]:
    return [rung for rung in GRID if rung >= 100 * warm_up and rung % 10 == 0]


PRUNERS.add("halving", Pruner(_halving, keep=1 / REDUCTION))
PRUNERS.add("hyperband", Pruner(_hyperband, keep=1 / REDUCTION))
PRUNERS.add("median", Pruner(_every_tenth, keep=0.5))
PRUNERS.add("percentile", Pruner(_every_tenth, keep=0.25))
PRUNERS.add("patient", Pruner(_every_tenth, keep=0.5, patient=True))
PRUNERS.add("none", Pruner(lambda _warm_up, _number: [], keep=1.0))


def reached(share: float) -> int:
    """The highest rung within `share` of the epochs; 0 before the first."""
    return min(GRID[-1], RUNG_STEP * int(share * 100 / RUNG_STEP + 1e-9))


def prune(
    pruner: Pruner, own: Rungs, rung: int, number: int, peers: Sequence[Outcome], objectives: Objectives, warm_up: float
) -> str | None:
    """Why the candidate with the values `own` should end at `rung`, or None.

    It goes on if fewer than `keep` of those at the rung, itself included, are better (for several objectives:
    dominate it), rounded up, so that the best always goes on.
    """
    if rung not in pruner.judged(warm_up, number):
        return None
    rivals = [found for peer in peers if (found := values_at(peer, rung)) is not None]
    if len(rivals) < MIN_PEERS:
        return None
    if pruner.patient and own.get(rung - STALL) != own[rung]:
        return None
    mine = objectives.gains(own[rung])
    better = sum(dominates(objectives.gains(found), mine) for found in rivals)
    if better < ceil(pruner.keep * (len(rivals) + 1)):
        return None
    return f"after {rung}% of its epochs {better} of {len(rivals)} others were better"


def far_behind(metrics: Mapping[str, float], peers: Sequence[Outcome], objectives: Objectives) -> str | None:
    """Why a candidate has no hope, or None: it has less than half of the best value so far.

    Only where there is one aim, and more of it is better.
    """
    name = objectives.names[0]
    best = max((peer.values[0] for peer in peers if peer.state == "complete" and peer.values), default=0.0)
    if objectives.directions != ("maximize",) or metrics.get(name, best) >= best / 2:
        return None
    return f"stopped early: {name} {metrics[name]:.4f}, best so far {best:.4f}"


def values_at(outcome: Outcome, rung: int) -> tuple[float, ...] | None:
    """Best values of a trial at a rung, or None if it never stood there."""
    if not outcome.rungs or outcome.state not in ("running", "complete", "pruned"):
        return None
    if rung in outcome.rungs:
        return outcome.rungs[rung]
    return outcome.values if outcome.state == "complete" else None
