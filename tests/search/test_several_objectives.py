import json
from dataclasses import replace
from pathlib import Path

import pytest

from gnas.config.architecture import Architecture, ClosedForm
from gnas.config.closed_forms import Spectral
from gnas.search.events import ConfirmEnded
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome, ranked
from gnas.space.search_space import Constraint
from tests.forms import setting
from tests.search.search_fakes import FakeTraining, ended, quality, run, setup, tiny_space, trials

OBJECTIVES = ["ndcg@20", "parameters"]


def everything() -> dict[str, tuple[float, float]]:
    """Quality and size of every candidate of the small space."""
    found = {}
    for candidate in tiny_space(discrete=True).grid(2):
        training = FakeTraining(candidate.architecture, quality(candidate.architecture))
        best = list(training.epochs(lambda: False))[-1].metrics["ndcg@20"]
        found[candidate.identity] = (best, training.costs()["parameters"])
    return found


def brute_force_front() -> set[str]:
    points = everything()
    return {
        name
        for name, (value, size) in points.items()
        if not any(v >= value and s <= size and (v, s) != (value, size) for v, s in points.values())
    }


@pytest.mark.parametrize(("sampler", "pruner"), [("grid", "none"), ("nsga2", "none"), ("random", "halving")])
def test_the_front_equals_brute_force(sampler: str, pruner: str, tmp_path: Path) -> None:
    space = tiny_space(discrete=True)
    events = run(setup(space=space, sampler=sampler, pruner=pruner, trials=1000, objective=OBJECTIVES), tmp_path)
    by_number = {event.number: event.outcome for event in trials(events)}
    end = ended(events)
    assert {by_number[number].identity for number in end.front} == brute_force_front()
    saved = json.loads((tmp_path / "pareto.json").read_text())
    assert [row["number"] for row in saved["front"]] == sorted(
        end.front, key=lambda number: by_number[number].values or ()
    )
    assert saved["knee"] == end.knee
    assert end.best is not None
    assert end.best.winner.number == end.knee


@pytest.mark.parametrize(
    "sampler",
    ["tpe", "nsga2", "nsga3", "evolution", "portfolio", "predictor", pytest.param("gp", marks=pytest.mark.slow)],
)
def test_every_kind_of_sampler_bears_several_objectives_with_failures_and_pruning(sampler: str, tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        if setting(architecture, "dim") == 16:
            raise ValueError("no")
        return FakeTraining(architecture, quality(architecture))

    events = run(
        setup(sampler=sampler, pruner="median", trials=20, objective=OBJECTIVES, train=train, confirm={"top": 2}),
        tmp_path,
    )
    assert len(trials(events)) == 20
    assert "failed" in {event.outcome.state for event in trials(events)}
    (confirmed,) = [event for event in events if isinstance(event, ConfirmEnded)]
    assert any(one.fresh for one in confirmed.ranking)


def test_dominated_candidates_are_stopped_early(tmp_path: Path) -> None:
    events = run(setup(pruner="median", trials=40, objective=OBJECTIVES), tmp_path)
    pruned = [event.outcome for event in trials(events) if event.outcome.state == "pruned"]
    complete = [event.outcome for event in trials(events) if event.outcome.state == "complete"]
    assert pruned
    for outcome in pruned:
        name = outcome.architecture
        assert any(
            quality(other.architecture) > quality(name) and setting(other.architecture, "dim") <= setting(name, "dim")
            for other in complete
            if other.architecture.trained
        )


def test_limits_keep_the_winner_within(tmp_path: Path) -> None:
    events = run(setup(trials=40, limits={"parameters": 32.0}), tmp_path)
    best = ended(events).best
    assert best is not None
    winner = trials(events)[best.winner.number].outcome
    assert winner.metrics is not None
    assert winner.metrics["parameters"] <= 32
    inside = [e.outcome for e in trials(events) if e.outcome.metrics and e.outcome.metrics["parameters"] <= 32]
    assert winner.values == max(outcome.values or () for outcome in inside)
    assert any((event.outcome.values or ()) > (winner.values or ()) for event in trials(events))


def test_lower_limits_where_more_is_better(tmp_path: Path) -> None:
    events = run(setup(trials=20, limits={"coverage@20": 0.4}), tmp_path)
    best = ended(events).best
    assert best is not None
    metrics = trials(events)[best.winner.number].outcome.metrics
    assert metrics is not None
    assert metrics["coverage@20"] >= 0.4


def test_constraints_of_the_space_hold_too(tmp_path: Path) -> None:
    space = replace(tiny_space(), constraints=(Constraint("parameters", low=20.0, high=40.0),))
    events = run(setup(space=space, trials=30), tmp_path)
    best = ended(events).best
    assert best is not None
    metrics = trials(events)[best.winner.number].outcome.metrics
    assert metrics is not None
    assert metrics["parameters"] == 32
    assert set(trials(events)[0].outcome.excess or {}) == {"parameters max 40", "parameters min 20"}


def test_ranking_by_layer_then_knee_then_number() -> None:
    objectives = Objectives(("ndcg@20", "parameters"))
    values = [(0.1, 1.0), (0.8, 2.0), (1.0, 9.0), (0.05, 1.5), (0.8, 2.0)]
    outcomes = [
        Outcome(number, str(number), "complete", "x", {}, ClosedForm(propagation=Spectral()), {}, values=found)
        for number, found in enumerate(values)
    ]
    assert [outcome.number for outcome in ranked(outcomes, objectives)] == [1, 4, 0, 2, 3]
