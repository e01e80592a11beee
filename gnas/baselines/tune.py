"""Tunes one baseline within a time budget, and all of them in turn."""

import time
from collections.abc import Callable, Iterator

import numpy as np

from gnas.baselines import BASELINES, baselines_for
from gnas.baselines.baseline import Baseline, Settings
from gnas.errors import TrialFailed
from gnas.evaluate.evaluator import Measure
from gnas.graph.bipartite import Graph
from gnas.metrics import metric_of
from gnas.nn.recommender import is_approximated
from gnas.rng import numpy_rng
from gnas.rundir.baselines import Attempt, BaselineRecord, FailedBaseline


def tune(
    name: str,
    graph: Graph,
    evaluator: Measure,
    objective: str,
    budget_s: float,
    clock: Callable[[], float] = time.perf_counter,
) -> BaselineRecord:
    """The best setting of a baseline by validation `objective`, and what was tried on the way.

    The defaults are tried whatever the budget; then the grid in its order and moves from the best, until the next
    attempt, were it as slow as the slowest so far, would end beyond `budget_s`. Ties go to the earlier setting.

    Raises:
        ConfigError: no such baseline.
        TrialFailed: no setting gave a finite score.
    """
    baseline = BASELINES[name]
    better = metric_of(objective).better
    begin = clock()
    attempts: list[Attempt] = []
    best, approximated = None, False
    rng = numpy_rng(0, "moves", name)
    for number in range(baseline.most):
        started = clock()
        params = _next(baseline, number, best, rng)
        if params is None:
            break
        if attempts and started - begin + max(attempt.wall_s for attempt in attempts) > budget_s:
            break
        try:
            recommender = baseline.fit(graph, **params)
            metrics = evaluator(recommender).metrics
        except TrialFailed as error:
            attempts.append(Attempt(params, {}, clock() - started, str(error)))
            continue
        attempts.append(Attempt(params, metrics, clock() - started))
        if best is None or better(metrics[objective], best.metrics[objective]):
            best, approximated = attempts[-1], is_approximated(recommender)
    if best is None:
        raise TrialFailed(f"baseline {name}: {attempts[-1].failure}")
    return BaselineRecord(name, best.params, best.metrics, clock() - begin, tuple(attempts), approximated)


def _next(baseline: Baseline, number: int, best: Attempt | None, rng: np.random.Generator) -> Settings | None:
    """The setting to try after `number` others; None: there is no more."""
    if number < len(baseline.grid):
        return baseline.grid[number]
    return None if best is None or baseline.move is None else baseline.move(best.params, rng)


def tune_all(
    graph: Graph, evaluator: Measure, objective: str, budget_s: float
) -> Iterator[BaselineRecord | FailedBaseline]:
    """Every baseline that `objective` can measure, in order; each gets an equal share of the time that is left."""
    names = baselines_for(objective)
    end = time.perf_counter() + budget_s
    for position, name in enumerate(names):
        share_s = max(0.0, end - time.perf_counter()) / (len(names) - position)
        try:
            yield tune(name, graph, evaluator, objective, share_s)
        except TrialFailed as error:
            yield FailedBaseline(name, str(error))
