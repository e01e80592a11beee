"""Tunes one baseline within a time budget, and all of them in turn."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gnas.baselines import BASELINES, baselines_for
from gnas.baselines.baseline import Settings
from gnas.errors import TrialFailed
from gnas.evaluate.evaluator import Evaluation
from gnas.graph.bipartite import Graph
from gnas.metrics import metric_of
from gnas.nn.recommender import Recommender
from gnas.rundir.baselines import Attempt, BaselineRecord, FailedBaseline

Evaluate = Callable[[Recommender], Evaluation]


@dataclass(frozen=True)
class TunedBaseline:
    """The best setting found, what was tried on the way, and the time that it all took."""

    name: str
    params: Settings
    evaluation: Evaluation
    wall_s: float
    recommender: Recommender
    attempts: tuple[Attempt, ...]

    def record(self) -> BaselineRecord:
        """What a run directory keeps: enough to fit it again, and to see what else was tried."""
        return BaselineRecord(self.name, self.params, self.evaluation.metrics, self.wall_s, self.attempts)


def tune(
    name: str,
    graph: Graph,
    evaluator: Evaluate,
    objective: str,
    budget_s: float,
    clock: Callable[[], float] = time.perf_counter,
) -> TunedBaseline:
    """The best of a baseline's grid by validation `objective`.

    The defaults are tried whatever the budget; then the grid in its order, until the next attempt, were it as slow as
    the slowest so far, would end beyond `budget_s`. Ties go to the earlier setting.

    Raises:
        ConfigError: no such baseline.
        TrialFailed: no setting gave a finite score.
    """
    baseline = BASELINES[name]
    better = metric_of(objective).better
    begin = clock()
    attempts: list[Attempt] = []
    best: tuple[Settings, Evaluation, Recommender] | None = None
    for params in baseline.grid:
        started = clock()
        if attempts and started - begin + max(attempt.wall_s for attempt in attempts) > budget_s:
            break
        try:
            recommender = baseline.fit(graph, **params)
            evaluation = evaluator(recommender)
        except TrialFailed as error:
            attempts.append(Attempt(params, {}, clock() - started, str(error)))
            continue
        attempts.append(Attempt(params, evaluation.metrics, clock() - started))
        if best is None or better(evaluation.metrics[objective], best[1].metrics[objective]):
            best = (params, evaluation, recommender)
    if best is None:
        raise TrialFailed(f"baseline {name}: {attempts[-1].failure}")
    return TunedBaseline(name, best[0], best[1], clock() - begin, best[2], tuple(attempts))


def tune_all(
    graph: Graph, evaluator: Evaluate, objective: str, budget_s: float
) -> Iterator[TunedBaseline | FailedBaseline]:
    """Every baseline that `objective` can measure, in order; each gets an equal share of the time that is left."""
    names = baselines_for(objective)
    end = time.perf_counter() + budget_s
    for position, name in enumerate(names):
        share_s = max(0.0, end - time.perf_counter()) / (len(names) - position)
        try:
            yield tune(name, graph, evaluator, objective, share_s)
        except TrialFailed as error:
            yield FailedBaseline(name, str(error))
