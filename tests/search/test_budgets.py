from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import Spectral
from gnas.errors import SearchFailed
from gnas.search.events import ConfirmEnded, EpochDone
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.pruners import far_behind
from gnas.space.search_space import parse_space
from gnas.train.loop import Epoch
from tests.forms import setting
from tests.search.search_fakes import FakeTraining, ended, quality, run, setup, trials


class Clock:
    """Time that passes as trainings ask for it."""

    def __init__(self, epoch_s: float = 1.0) -> None:
        self.now = 100.0
        self.epoch_s = epoch_s

    def __call__(self) -> float:
        return self.now

    def train(self, architecture: Architecture, seed: int) -> FakeTraining:
        return FakeTraining(architecture, quality(architecture), self.tick)

    def tick(self, _: int) -> None:
        self.now += self.epoch_s


def test_pruned_and_failed_trials_use_up_the_budget(tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        if setting(architecture, "dim") == 16:
            raise ValueError("16 is not my number")
        return FakeTraining(architecture, quality(architecture))

    events = run(setup(trials=25, pruner="halving", train=train), tmp_path)
    states = {event.outcome.state for event in trials(events)}
    assert states == {"complete", "pruned", "failed"}
    assert len(trials(events)) == 25


@pytest.mark.parametrize("top", [0, 3])
def test_the_timeout_holds_within_one_epoch(top: int, tmp_path: Path) -> None:
    clock = Clock()
    end = ended(run(setup(trials=None, timeout=200, train=clock.train, confirm={"top": top}), tmp_path, clock=clock))
    assert end.reason == "timeout"
    assert 200 <= clock.now - 100 <= 201 if top == 0 else clock.now - 100 <= 201


def test_a_trial_ends_within_an_epoch_when_its_share_is_up_and_time_is_left_to_confirm(tmp_path: Path) -> None:
    """Epochs as long as the whole search, in steps of a second each."""
    clock = Clock()

    class Slow(FakeTraining):
        def epochs(self, halt: Callable[[], bool]) -> Iterator[Epoch]:
            for _ in range(1000):
                clock.now += 1
                if halt():
                    break
            yield Epoch(1, 0.5, {"ndcg@20": self.final}, is_best=True)

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        return Slow(architecture, quality(architecture))

    slow = {f"first {n}": Trained(dim=dim, epochs=20) for n, dim in enumerate(range(40, 60))}
    confirm = {"top": 2, "seeds": 2}
    config = setup(trials=None, timeout=1000, pruner="none", train=train, first=slow, confirm=confirm)
    events = run(config, tmp_path, clock=clock)
    walls = [event.outcome.wall_s for event in trials(events)]
    assert walls == [80.0] * 10, "a tenth of the 800 seconds that are not kept back"
    assert clock.now - 100 == 1000


def test_time_is_kept_back_for_confirmation(tmp_path: Path) -> None:
    clock = Clock()
    events = run(
        setup(trials=None, timeout=500, train=clock.train, confirm={"top": 2, "seeds": 2}), tmp_path, clock=clock
    )
    searching = sum(isinstance(event, EpochDone) and not event.confirming for event in events)
    assert 400 <= searching <= 401
    confirmed = next(event for event in events if isinstance(event, ConfirmEnded))
    assert [len(one.fresh) for one in confirmed.ranking][:2] == [2, 2]


def test_a_trial_cut_by_the_time_counts_with_what_it_has(tmp_path: Path) -> None:
    clock = Clock()
    only = {f"first {n}": Trained(dim=dim, epochs=20) for n, dim in enumerate(range(40, 60))}
    events = run(setup(trials=None, timeout=46, pruner="none", train=clock.train, first=only), tmp_path, clock=clock)
    last = trials(events)[-1].outcome
    assert last.state == "complete"
    assert last.reason == f"cut short after {last.epochs} of at most 20 epochs: the time ran out"
    assert 1 <= last.epochs < 5, "its share is five epochs"
    assert ended(events).best is not None


def test_spent_time_is_counted_over_resumes(tmp_path: Path) -> None:
    clock = Clock()
    settings: dict[str, Any] = {"trials": None, "timeout": 300, "seed": 2}
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked % 61 == 0

    reasons: list[str] = []
    while reasons[-1:] != ["timeout"]:
        reasons.append(
            ended(run(setup(train=clock.train, **settings), tmp_path, clock=clock, stop=stop, resume=True)).reason
        )
        clock.now += 1000  # between two sessions nothing is spent
    spent = clock.now - 100 - 1000 * len(reasons)
    assert len(reasons) >= 4
    assert 300 <= spent <= 301


def test_time_before_the_search_is_not_counted(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = 1e6
    assert len(trials(run(setup(trials=3, timeout=1000, train=clock.train), tmp_path, clock=clock))) == 3


def test_epochs_are_limited(tmp_path: Path) -> None:
    events = run(setup(trials=None, max_epochs_total=95), tmp_path)
    assert ended(events).reason == "epochs"
    assert sum(isinstance(event, EpochDone) for event in events) == 95
    assert sum(event.outcome.epochs for event in trials(events)) == 95


def test_epochs_of_confirmation_are_counted(tmp_path: Path) -> None:
    events = run(setup(trials=None, max_epochs_total=200, confirm={"top": 3, "seeds": 5}), tmp_path)
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert sum(not event.confirming for event in epochs) == 160
    assert len(epochs) == 200


def test_no_time_for_a_single_epoch_is_a_failed_search(tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        clock.now += 100
        raise MemoryError

    clock = Clock()
    with pytest.raises(SearchFailed, match=r"no trial was completed \(the time ran out\); failures: 1 × MemoryError"):
        run(setup(trials=5, timeout=10, train=train), tmp_path, clock=clock)


def test_the_effort_in_a_word(tmp_path: Path) -> None:
    assert len(trials(run(setup(trials=None, effort="smoke"), tmp_path / "a"))) == 4
    assert len(trials(run(setup(trials=6, effort="smoke"), tmp_path / "b"))) == 6


def test_time_that_is_given_is_used_whatever_the_effort(tmp_path: Path) -> None:
    clock = Clock()
    config = setup(trials=None, effort="smoke", timeout=400, train=clock.train, confirm={"top": 0})
    events = run(config, tmp_path, clock=clock)
    assert ended(events).reason == "timeout"
    assert len(trials(events)) > 10


def test_no_trial_takes_more_than_its_share_of_the_time(tmp_path: Path) -> None:
    clock = Clock(epoch_s=10.0)
    config = setup(trials=None, timeout=1000, pruner="none", train=clock.train, confirm={"top": 0})
    outcomes = [event.outcome for event in trials(run(config, tmp_path, clock=clock))]
    full = [outcome for outcome in outcomes if outcome.reason and "its share of the time ran out" in outcome.reason]
    assert len(full) >= 8
    assert {(outcome.state, outcome.epochs) for outcome in full} == {("complete", 10)}


def test_slow_known_designs_take_turns_with_proposals_and_a_hopeless_one_ends_early(tmp_path: Path) -> None:
    """All known designs are slow and bad but one: a time limit leaves room for others."""
    clock = Clock(epoch_s=10.0)
    good = ClosedForm(propagation=Spectral(rank=64))

    first = {f"first {n}": Trained(dim=128, lr=0.01 * (n + 1), epochs=20) for n in range(6)} | {"quick": good}

    def slow(architecture: Architecture, seed: int) -> FakeTraining:
        value = 0.1 if setting(architecture, "dim") == 128 and architecture.trained else quality(architecture)
        return FakeTraining(architecture, value, clock.tick)

    config = setup(trials=None, timeout=1000, pruner="none", train=slow, first=first, confirm={"top": 0})
    outcomes = [event.outcome for event in trials(run(config, tmp_path, clock=clock))]
    assert outcomes[0].origin == "quick", "closed forms come first"
    hopeless = [outcome for outcome in outcomes if outcome.origin.startswith("first")]
    assert {(outcome.state, outcome.epochs) for outcome in hopeless} == {("pruned", 3)}, (
        "a quarter of a tenth of 1000 s"
    )
    assert all("best so far" in (outcome.reason or "") for outcome in hopeless)


def test_a_slow_candidate_that_still_rises_is_not_hopeless() -> None:
    """After a quarter of its time it has a quarter of the best, as it should."""
    best = [Outcome(0, "a", "complete", "x", {}, Trained(), {}, values=(0.4,))]
    one = Objectives(("ndcg@20",))
    assert far_behind([(5.0, 0.05), (10.0, 0.1)], 40, best, one) is None
    assert far_behind([(5.0, 0.09), (10.0, 0.1)], 40, best, one) is not None
    assert far_behind([(10.0, 0.09)], 40, best, one) is None, "one validation tells no standstill"
    assert far_behind([(5.0, 0.35), (10.0, 0.35)], 40, best, one) is None, "near the best"
    assert far_behind([(5.0, 0.09), (10.0, 0.1)], 40, best, Objectives(("rmse",))) is None


def test_closed_forms_do_not_keep_trained_candidates_waiting(tmp_path: Path) -> None:
    """Known designs, closed forms of which each takes a twentieth of the time: from a fifth on they take turns."""
    clock = Clock(epoch_s=1.0)
    solved = {f"solved {n}": ClosedForm(propagation=Spectral(rank=n)) for n in range(1, 13)}
    trained = {f"trained {n}": Trained(dim=16 + n, epochs=20) for n in range(4)}
    space = parse_space(
        {
            "propagation": {"choice": {"lightgcn": {}, "spectral": {"rank": {"int": [1, 64]}}}},
            "dim": {"int": [16, 64]},
            "epochs": 20,
        },
        "solved",
    )

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        def tick(_: int) -> None:
            clock.now += 1 if architecture.trained else 50

        return FakeTraining(architecture, 0.5, tick)

    config = setup(
        space=space, trials=None, timeout=1000, train=train, first=solved | trained, confirm={"top": 0}, pruner="none"
    )
    origins = [event.outcome.origin.split()[0] for event in trials(run(config, tmp_path, clock=clock))]
    assert origins[:9] == ["solved"] * 4 + ["trained", "solved"] * 2 + ["trained"]


def test_from_two_fifths_of_the_time_on_proposals_take_turns(tmp_path: Path) -> None:
    clock = Clock(epoch_s=5.0)
    first = {f"first {n}": Trained(dim=128, lr=0.01 * (n + 1), epochs=20) for n in range(8)}
    config = setup(trials=None, timeout=1000, pruner="none", train=clock.train, first=first, confirm={"top": 0})
    outcomes = [event.outcome for event in trials(run(config, tmp_path, clock=clock))]
    assert [outcome.origin.split()[0] for outcome in outcomes[:8]] == ["first"] * 5 + ["random", "first", "random"]
