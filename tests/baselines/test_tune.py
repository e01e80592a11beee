"""Tuning: the best by validation, within the budget, failures recorded."""

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest
import torch

from gnas.baselines import BASELINES
from gnas.baselines import tune as tuning
from gnas.baselines.baseline import Baseline, Settings
from gnas.baselines.tune import tune, tune_all
from gnas.errors import ConfigError, TrialFailed
from gnas.evaluate.evaluator import Evaluation, Evaluator
from gnas.evaluate.rating import RatingEvaluator
from gnas.graph.bipartite import Graph
from gnas.nn.recommender import Recommender
from gnas.rundir.baselines import BaselineRecord, FailedBaseline
from tests.baselines.baseline_worlds import planted, random_world


class Known:
    """A recommender that is as good as its setting says."""

    n_users = n_items = 1

    def __init__(self, value: float) -> None:
        self.value = value

    def score(self, users: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(users), 1)


def evaluate(recommender: Recommender) -> Evaluation:
    assert isinstance(recommender, Known)
    if recommender.value < 0:
        raise TrialFailed("a score is not finite")
    return Evaluation({"ndcg@20": recommender.value, "rmse": recommender.value}, {}, np.arange(1))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Callable[[list[float]], None]:
    def register(values: list[float]) -> None:
        grid: list[Settings] = [{"value": value} for value in values]

        def fit(graph: Graph, value: float) -> Known:
            clock.now += 10.0
            return Known(value)

        monkeypatch.setitem(BASELINES._members, "popularity", Baseline(fit, grid))

    return register


@pytest.fixture(scope="module")
def graph() -> Graph:
    return random_world().graph


def test_the_best_of_the_grid_wins_and_ties_go_to_the_earlier(
    graph: Graph, fake: Callable[[list[float]], None], clock: Clock
) -> None:
    fake([0.2, 0.5, 0.1, 0.5])
    tuned = tune("popularity", graph, evaluate, "ndcg@20", 1000.0, clock)
    assert tuned.params == {"value": 0.5}
    assert [attempt.metrics["ndcg@20"] for attempt in tuned.attempts] == [0.2, 0.5, 0.1, 0.5]
    assert tuned.wall_s == 40.0
    assert tuned.metrics["ndcg@20"] == 0.5
    assert tune("popularity", graph, evaluate, "rmse", 1000.0, clock).params == {"value": 0.1}


@pytest.mark.parametrize(("budget_s", "tried"), [(0.0, 1), (19.0, 1), (20.0, 2), (35.0, 3)])
def test_the_budget_is_kept_and_the_defaults_are_always_tried(
    graph: Graph, fake: Callable[[list[float]], None], clock: Clock, budget_s: float, tried: int
) -> None:
    fake([0.1, 0.2, 0.3, 0.4])
    assert len(tune("popularity", graph, evaluate, "ndcg@20", budget_s, clock).attempts) == tried


def test_a_failing_setting_is_recorded_and_passed_over(
    graph: Graph, fake: Callable[[list[float]], None], clock: Clock
) -> None:
    fake([-1.0, 0.3])
    tuned = tune("popularity", graph, evaluate, "ndcg@20", 1000.0, clock)
    assert tuned.params == {"value": 0.3}
    assert tuned.attempts[0].failure == "a score is not finite"
    fake([-1.0, -2.0])
    with pytest.raises(TrialFailed, match="baseline popularity: a score is not finite"):
        tune("popularity", graph, evaluate, "ndcg@20", 1000.0, clock)


def test_after_the_grid_each_move_starts_from_the_best_so_far(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[float] = []

    def move(best: Settings, rng: np.random.Generator) -> Settings:
        started.append(best["value"])
        return {"value": best["value"] + (0.2 if len(started) == 1 else -0.1)}

    def fit(graph: Graph, value: float) -> Known:
        return Known(value)

    baseline = Baseline(fit, [{"value": 0.5}, {"value": 0.3}], move=move, moves=3)
    monkeypatch.setitem(BASELINES._members, "popularity", baseline)
    tuned = tune("popularity", graph, evaluate, "ndcg@20", 1000.0)
    assert started == [0.5, 0.7, 0.7]
    assert tuned.params == {"value": 0.7}
    assert len(tuned.attempts) == baseline.most == 5


def test_moves_stay_within_bounds_and_are_the_same_again() -> None:
    for name in ("ease", "gf-cf", "ials"):
        baseline = BASELINES[name]
        assert baseline.move is not None
        params, again = dict(baseline.grid[0]), dict(baseline.grid[0])
        rng, other = np.random.default_rng(0), np.random.default_rng(0)
        for _ in range(50):
            params, again = baseline.move(params, rng), baseline.move(again, other)
            assert params == again
            assert all(value > 0 for value in params.values())
            assert all(16 <= params[key] <= 1024 for key in ("dim", "rank") if key in params)


def test_an_unknown_baseline_gets_a_hint(graph: Graph) -> None:
    with pytest.raises(ConfigError, match="did you mean 'gf-cf'"):
        tune("gfcf", graph, evaluate, "ndcg@20", 1.0)


def test_all_of_them_on_a_planted_world_leave_records_that_json_can_hold() -> None:
    world = planted()
    evaluator = Evaluator(world.withheld, world.train, [1, 5], 0, world.graph.device)
    found = list(tune_all(world.graph, evaluator, "ndcg@5", budget_s=3.0))
    assert [tuned.name for tuned in found] == ["ease", "gf-cf", "ials", "item-knn", "popularity", "rp3beta"]
    for tuned in found:
        assert isinstance(tuned, BaselineRecord)
        record = json.loads(json.dumps(asdict(tuned)))
        assert record["params"] == tuned.params
        assert record["metrics"]["hit@1"] == 1.0 or tuned.name == "popularity"
        again = BASELINES[tuned.name].fit(world.graph, **record["params"])
        assert evaluator(again).metrics == tuned.metrics


def test_rating_baselines_are_tuned_by_rmse() -> None:
    world = random_world(ratings=True)
    found = list(tune_all(world.graph, RatingEvaluator(world.train, world.graph.device), "rmse", budget_s=5.0))
    assert [tuned.name for tuned in found] == ["bias", "mean"]
    bias, mean = found
    assert isinstance(bias, BaselineRecord)
    assert isinstance(mean, BaselineRecord)
    assert bias.metrics["rmse"] < mean.metrics["rmse"]
    assert bias.params == {"item_shrink": 1, "user_shrink": 1}  # measured on train, the least shrinking fits best


def test_a_baseline_that_never_works_does_not_end_the_others(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(graph: Graph) -> Recommender:
        raise TrialFailed("no")

    monkeypatch.setitem(BASELINES._members, "mean", Baseline(broken, [{}], predicts_ratings=True))
    monkeypatch.setattr(tuning, "baselines_for", lambda _: ["mean", "mean"])
    found = list(tune_all(graph, evaluate, "rmse", 1.0))
    assert found == [FailedBaseline("mean", "baseline mean: no")] * 2
    assert found[0] == FailedBaseline("mean", "baseline mean: no")
