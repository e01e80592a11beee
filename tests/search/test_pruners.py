from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gnas.config.architecture import Architecture, Trained
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome, State
from gnas.search.pruners import PRUNERS, prune, reached, values_at
from tests.search.search_fakes import FakeTraining, quality, run, setup, trials

ONE = Objectives(("ndcg@20",))
LESS = Objectives(("rmse",))
TWO = Objectives(("ndcg@20", "latency_ms"))


def peer(number: int, rungs: Mapping[int, tuple[float, ...]], state: State = "pruned") -> Outcome:
    values = rungs[max(rungs)] if rungs else (0.99,)
    return Outcome(number, str(number), state, "random", {}, Trained(), {}, rungs=rungs, values=values)


def peers(*values: float, rung: int = 10) -> list[Outcome]:
    return [peer(number, {rung: (value,)}) for number, value in enumerate(values)]


def decide(name: str, own: float, others: list[Outcome], rung: int = 10, objectives: Objectives = ONE) -> str | None:
    return prune(PRUNERS[name], {rung: (own,)}, rung, 99, others, objectives, 0.1)


def test_halving_keeps_the_best_third() -> None:
    others = peers(0.1, 0.2, 0.3, 0.4, 0.5)
    kept = [own for own in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55) if decide("halving", own, others) is None]
    assert kept == [0.45, 0.55]
    assert decide("halving", 0.05, others) == "after 10% of its epochs 5 of 5 others were better"


def test_halving_minimises_where_less_is_better() -> None:
    others = peers(1.0, 2.0, 3.0, 4.0, 5.0)
    assert decide("halving", 0.5, others, objectives=LESS) is None
    assert decide("halving", 3.5, others, objectives=LESS) is not None


def test_median_keeps_the_better_half() -> None:
    others = peers(0.1, 0.2, 0.3, 0.4, 0.5)
    kept = [own for own in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55) if decide("median", own, others) is None]
    assert kept == [0.35, 0.45, 0.55]


def test_percentile_keeps_the_best_quarter() -> None:
    others = peers(*(index / 10 for index in range(7)))
    kept = [own for own in (0.15, 0.35, 0.45, 0.55, 0.65) if decide("percentile", own, others) is None]
    assert kept == [0.55, 0.65]


def test_nobody_is_pruned_among_few_or_off_the_rungs() -> None:
    assert decide("halving", 0.0, peers(0.1, 0.2, 0.3)) is None
    assert decide("halving", 0.0, peers(0.1, 0.2, 0.3, 0.4, 0.5, rung=15), rung=15) is None
    assert decide("none", 0.0, peers(0.1, 0.2, 0.3, 0.4, 0.5)) is None


def test_equal_values_go_on() -> None:
    assert decide("halving", 0.5, peers(0.5, 0.5, 0.5, 0.5, 0.5)) is None


def test_patience_protects_progress() -> None:
    others = [peer(number, {50: (0.5 + number / 100,)}) for number in range(6)]
    patient = PRUNERS["patient"]
    assert prune(patient, {30: (0.1,), 50: (0.2,)}, 50, 9, others, ONE, 0.1) is None
    assert prune(patient, {30: (0.2,), 50: (0.2,)}, 50, 9, others, ONE, 0.1) is not None


def test_hyperband_brackets_differ_in_their_first_rung() -> None:
    judged = PRUNERS["hyperband"].judged
    assert [list(judged(0.1, number)) for number in range(5)] == [[10, 30], [30], [], [10, 30], [30]]
    assert list(PRUNERS["halving"].judged(0.1, 0)) == [10, 30]
    assert list(PRUNERS["halving"].judged(0.0, 0)) == [5, 15, 45]


def test_only_those_who_reached_a_rung_are_compared() -> None:
    early = peer(1, {10: (0.2,)}, "pruned")
    converged = peer(2, {10: (0.2,), 20: (0.3,)}, "complete")
    closed_form = peer(3, {}, "complete")
    failed = peer(4, {10: (0.9,)}, "failed")
    assert [values_at(outcome, 30) for outcome in (early, converged, closed_form, failed)] == [None, (0.3,), None, None]
    assert values_at(failed, 10) is None


def test_several_objectives_prune_the_dominated_only() -> None:
    others = [peer(number, {10: (0.5 + number / 100, 5.0)}) for number in range(5)]
    assert prune(PRUNERS["halving"], {10: (0.1, 1.0)}, 10, 9, others, TWO, 0.1) is None
    assert prune(PRUNERS["halving"], {10: (0.1, 9.0)}, 10, 9, others, TWO, 0.1) is not None


@pytest.mark.parametrize(("share", "rung"), [(0.01, 0), (0.05, 5), (0.1, 10), (0.149, 10), (0.15, 15), (1.0, 95)])
def test_reached(share: float, rung: int) -> None:
    assert reached(share) == rung


def test_a_search_saves_epochs_and_keeps_its_winner(tmp_path: Path) -> None:
    spent = {}
    for pruner in ("none", "halving", "median"):
        done = [event.outcome for event in trials(run(setup(pruner=pruner, trials=25), tmp_path / pruner))]
        spent[pruner] = sum(outcome.epochs for outcome in done)
        best = max(done, key=lambda outcome: quality(outcome.architecture))
        assert best.state == "complete"
        for outcome in done:
            assert (outcome.state == "pruned") == ("others were better" in (outcome.reason or ""))
    assert all(spent[pruner] < 0.8 * spent["none"] for pruner in ("halving", "median"))


def test_closed_forms_do_not_distort_the_rungs(tmp_path: Path) -> None:
    """A closed form better than any trained candidate prunes none of them."""
    reasons = []

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        closed = not architecture.trained
        return FakeTraining(architecture, 9.0 if closed else 0.5)

    for event in trials(run(setup(pruner="halving", trials=25, train=train), tmp_path)):
        reasons.append(event.outcome.reason)
    assert reasons == [None] * 25


def test_best_so_far_is_judged_not_the_last_value(tmp_path: Path) -> None:
    """A candidate that peaks early and falls is kept for its peak."""

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        return Peaking(architecture, quality(architecture))

    done = [event.outcome for event in trials(run(setup(pruner="halving", trials=12, train=train), tmp_path))]
    for outcome in done:
        if outcome.rungs:
            assert set(outcome.rungs.values()) == {outcome.values}


class Peaking(FakeTraining):
    def epochs(self, halt):  # type: ignore[no-untyped-def]
        for epoch in super().epochs(halt):
            first = epoch.index == 1
            value = self.final if first else self.final / 2
            yield replace(epoch, metrics={"ndcg@20": value, "coverage@20": 0.1}, is_best=first)
