from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gnas.config.architecture import Architecture, Trained
from gnas.config.contrastive import SimGCL
from gnas.config.losses import BPR
from gnas.search.curves import end_of, values_at
from gnas.search.kinds import kind_of
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome, State
from gnas.search.pruners import PRUNERS, Case, due
from gnas.train.loop import Epoch
from tests.search.search_fakes import FakeTraining, factory, quality, run, setup, trials

ONE = Objectives(("ndcg@20",))
LESS = Objectives(("rmse",))
TWO = Objectives(("ndcg@20", "latency_ms"))


def peer(number: int, curve: Mapping[int, tuple[float, ...]], state: State = "pruned", **changes: Any) -> Outcome:
    values = curve[max(curve)] if curve else (0.99,)
    facts: dict[str, Any] = {"architecture": Trained(), "values": values} | changes
    return Outcome(number, str(number), state, "random", {}, distributions={}, curve=curve, **facts)


def peers(*values: float, percent: int = 10) -> list[Outcome]:
    return [peer(number, {percent: (value,)}) for number, value in enumerate(values)]


def decide(
    name: str,
    own: float,
    others: Sequence[Outcome],
    percent: int = 10,
    objectives: Objectives = ONE,
    architecture: Architecture | None = None,
) -> str | None:
    running = peer(99, {}, "running", architecture=architecture or Trained())
    return PRUNERS[name].verdict(Case(running, {percent: (own,)}, percent, others, objectives))


def test_halving_keeps_the_best_third() -> None:
    others = peers(0.1, 0.2, 0.3, 0.4, 0.5)
    kept = [own for own in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55) if decide("halving", own, others) is None]
    assert kept == [0.45, 0.55]
    assert decide("halving", 0.05, others) == "after 10% of its training 5 of 5 others were better"


def test_halving_minimises_where_less_is_better() -> None:
    others = peers(1.0, 2.0, 3.0, 4.0, 5.0)
    assert decide("halving", 0.5, others, objectives=LESS) is None
    assert decide("halving", 3.5, others, objectives=LESS) is not None


def test_median_keeps_the_better_half() -> None:
    others = peers(0.1, 0.2, 0.3, 0.4, 0.5)
    kept = [own for own in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55) if decide("median", own, others) is None]
    assert kept == [0.35, 0.45, 0.55]


@pytest.mark.parametrize("name", PRUNERS)
def test_nobody_is_pruned_among_few(name: str) -> None:
    assert decide(name, 0.01, peers(0.1, 0.2, 0.3)) is None
    assert decide(name, 0.01, [fast(number) for number in range(3)]) is None


def test_equal_values_go_on() -> None:
    assert decide("halving", 0.5, peers(0.5, 0.5, 0.5, 0.5, 0.5)) is None


def test_candidates_are_judged_where_a_rung_was_passed() -> None:
    """However far apart the validations are."""
    halving = PRUNERS["halving"]
    assert [due(halving, 0.1, *step) for step in ((0, 9), (9, 10), (10, 29), (8, 31), (11, 95), (31, 95))] == [
        False, True, False, True, True, False,
    ]  # fmt: skip
    assert list(halving.rungs(0.0)) == [5, 15, 45]
    assert not any(due(PRUNERS["none"], 0.0, 0, percent) for percent in range(100))


def test_only_those_who_were_measured_by_then_are_compared() -> None:
    early = peer(1, {10: (0.2,)}, "pruned")
    converged = peer(2, {10: (0.2,), 20: (0.3,)}, "complete")
    sparse = peer(3, {10: (0.2,), 50: (0.4,)}, "running")
    late = peer(4, {40: (0.4,)}, "complete")
    closed_form = peer(5, {}, "complete")
    failed = peer(6, {10: (0.9,)}, "failed")
    at_30 = [values_at(outcome, 30) for outcome in (early, converged, sparse, late, closed_form, failed)]
    assert at_30 == [None, (0.3,), (pytest.approx(0.3),), None, None, None]
    assert values_at(failed, 10) is None


def test_several_objectives_prune_the_dominated_only() -> None:
    others = [peer(number, {10: (0.5 + number / 100, 5.0)}, "complete") for number in range(5)]
    running = peer(9, {}, "running")
    for name in ("halving", "ends"):
        verdict = PRUNERS[name].verdict
        assert verdict(Case(running, {10: (0.1, 1.0)}, 10, others, TWO)) is None
        assert verdict(Case(running, {10: (0.1, 9.0)}, 10, others, TWO)) is not None


SLOW = Trained(contrastive=SimGCL(), loss=BPR())


def fast(number: int, end: float = 0.4) -> Outcome:
    """It has all but a tenth of its end after a tenth of its training."""
    return peer(number, {10: (0.9 * end,), 50: (end,)}, "complete")


def slow(number: int, end: float = 0.5) -> Outcome:
    """It has a fifth of its end after a tenth of its training."""
    return peer(number, {10: (0.2 * end,), 50: (0.6 * end,), 99: (end,)}, "complete", architecture=SLOW)


def test_a_slow_starter_is_compared_by_its_end_with_fast_ones() -> None:
    """A tenth in, it has a quarter of what the fast ones have; three of its kind ended above them."""
    others = [*(fast(number) for number in range(6)), *(slow(number) for number in range(6, 9))]
    assert decide("halving", 0.11, others, architecture=SLOW) is not None
    assert decide("ends", 0.11, others, architecture=SLOW) is None
    assert decide("ends", 0.11, others) is not None, "no fast one comes back from there"
    first = [one for one in others if one.architecture != SLOW]
    assert decide("ends", 0.01, first, architecture=SLOW) is None, "the first of a kind shows how it grows"
    reason = decide("ends", 0.06, others, architecture=SLOW)
    assert reason is not None
    assert "it could come to ndcg@20 0.3" in reason


def test_the_best_of_those_that_end_goes_on() -> None:
    others = [fast(number, 0.3 + number / 100) for number in range(8)]
    assert decide("ends", 0.9 * 0.38, others) is None
    assert decide("ends", 0.9 * 0.3501, others) is None, "the third"
    assert decide("ends", 0.9 * 0.30, others) is not None


def test_ends_by_hand() -> None:
    """One of its kind doubled, two others grew by a half and not at all; they weigh 1 and a half together."""
    ended = [
        peer(0, {20: (0.2,)}, "complete", values=(0.4,), architecture=SLOW),
        peer(1, {20: (0.2,)}, "complete", values=(0.3,)),
        peer(2, {20: (0.2,)}, "complete", values=(0.2,)),
    ]
    kind = kind_of(SLOW)
    # Ends .1, .15, .2 with weights 1/4, 1/4, 1: the middles of the weights lie at 1/12, 3/12 and 8/12 of their sum.
    assert end_of((0.1,), 20, kind, ended, ONE, 3 / 12) == pytest.approx((0.15,))
    assert end_of((0.1,), 20, kind, ended, ONE, 5.5 / 12) == pytest.approx((0.175,))
    assert end_of((0.1,), 20, kind, ended, ONE, 1.0) == pytest.approx((0.2,))
    assert end_of((0.1,), 20, kind, ended, LESS, 1.0) == pytest.approx((0.1,)), "for an error, less is the better end"
    assert end_of((0.1,), 5, kind, ended, ONE, 0.5) is None, "nobody was measured by then"


def test_what_only_takes_longer_ends_where_others_were_by_then() -> None:
    """At 40 % it has what the other had at 20: it ends with what that had at 50, more than its share of growth."""
    other = peer(0, {10: (0.1,), 20: (0.2,), 40: (0.3,), 50: (0.35,), 80: (0.4,)}, "complete")
    assert end_of((0.2,), 40, kind_of(Trained()), [other], ONE, 0.5) == pytest.approx((0.35,))
    assert end_of((0.3,), 40, kind_of(Trained()), [other], ONE, 0.5) == pytest.approx((0.4,))
    assert end_of((0.6,), 40, kind_of(Trained()), [other], ONE, 0.5) == pytest.approx((0.8,)), "it is ahead"
    falling = peer(0, {10: (4.0,), 20: (3.0,), 40: (2.0,), 50: (1.8,), 80: (1.5,)}, "complete")
    assert end_of((3.0,), 40, kind_of(Trained()), [falling], LESS, 0.5) == pytest.approx((1.8,))


@pytest.mark.parametrize("name", ["halving", "ends"])
def test_a_planted_slow_starter_wins(name: str, tmp_path: Path) -> None:
    """Candidates without a graph are done at once; those with one rise late, above all others in the end."""

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        return (
            Late(architecture, quality(architecture))
            if architecture.kind == "lightgcn"
            else factory(architecture, seed)
        )

    values = []
    for seed in range(4):
        done = [
            event.outcome
            for event in trials(run(setup(pruner=name, trials=25, train=train, seed=seed), tmp_path / str(seed)))
        ]
        graphs = [outcome for outcome in done if outcome.architecture.kind == "lightgcn"]
        best = max(graphs, key=lambda outcome: quality(outcome.architecture))
        values.append(best.state == "complete")
    assert all(values) == (name == "ends")


def test_a_search_saves_epochs_and_keeps_its_winner(tmp_path: Path) -> None:
    spent = {}
    for pruner in PRUNERS:
        done = [event.outcome for event in trials(run(setup(pruner=pruner, trials=25), tmp_path / pruner))]
        spent[pruner] = sum(outcome.epochs for outcome in done)
        best = max(done, key=lambda outcome: quality(outcome.architecture))
        assert best.state == "complete"
        for outcome in done:
            assert (outcome.state == "pruned") == ("others were better" in (outcome.reason or ""))
    assert all(spent[pruner] < 0.8 * spent["none"] for pruner in PRUNERS if pruner != "none")


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
        if outcome.curve:
            assert set(outcome.curve.values()) == {outcome.values}


class Peaking(FakeTraining):
    def epochs(self, halt):  # type: ignore[no-untyped-def]
        for epoch in super().epochs(halt):
            first = epoch.index == 1
            value = self.final if first else self.final / 2
            yield replace(epoch, metrics={"ndcg@20": value, "coverage@20": 0.1}, is_best=first)


class Late(FakeTraining):
    """Rises as a straight line to half as much again as others."""

    def epochs(self, halt: Callable[[], bool]) -> Iterator[Epoch]:
        for epoch in super().epochs(halt):
            value = 1.5 * self.final * epoch.index / self.architecture.most_epochs()
            yield replace(epoch, metrics={"ndcg@20": value, "coverage@20": 0.1})
