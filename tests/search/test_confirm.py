import json
from pathlib import Path

import numpy as np
import pytest

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import Spectral
from gnas.config.propagation import LightGCN, NoPropagation
from gnas.rng import derive_seed
from gnas.rundir.confirm import Confirmation
from gnas.search.events import ConfirmEnded, ConfirmStarted, Event
from tests.forms import setting
from tests.search.search_fakes import FakeTraining, ended, run, setup, tiny_space, trials

LUCKY = Trained(propagation=LightGCN(depth=1), dim=16, lr=0.01, epochs=20)
GOOD = Trained(propagation=LightGCN(depth=3), dim=64, lr=0.01, epochs=20)
POOR = Trained(propagation=LightGCN(depth=2), dim=32, lr=0.01, epochs=20)
ANCHORS = {"lucky": LUCKY, "good": GOOD, "poor": POOR}


def train_with_luck(architecture: Architecture, seed: int) -> FakeTraining:
    """LUCKY is 0.9 on its trial's seed and 0.5 on any other; GOOD 0.8, POOR 0.3, both give or take a little."""
    rng = np.random.default_rng(seed)
    if setting(architecture, "dim") == 16:
        name = derive_seed(0, "trial", _identity(architecture))
        return FakeTraining(architecture, 0.9 if seed == name else 0.5)
    return FakeTraining(architecture, (0.8 if setting(architecture, "dim") == 64 else 0.3) + rng.uniform(-0.01, 0.01))


def _identity(architecture: Architecture) -> str:
    return architecture.identity


def search_with_luck(folder: Path, **confirm: int) -> list[Event]:
    return run(setup(space=tiny_space(ANCHORS), trials=3, train=train_with_luck, confirm=confirm), folder)


def best_of(events: list[Event]) -> Confirmation:
    best = ended(events).best
    assert best is not None
    return best


def test_the_better_mean_wins_not_the_lucky_trial(tmp_path: Path) -> None:
    assert best_of(search_with_luck(tmp_path / "trusting", top=0)).winner.number == 0
    events = search_with_luck(tmp_path / "careful", top=2, seeds=3)
    best = best_of(events)
    assert best.winner.number == 1
    assert best.second is not None
    assert best.second.number == 0
    assert best.second.value == pytest.approx(0.9, abs=1e-4)
    assert best.second.fresh == pytest.approx((0.5, 0.5, 0.5), abs=1e-4)
    started = [event for event in events if isinstance(event, ConfirmStarted)]
    assert started == [ConfirmStarted((0, 1), 3)]


def test_mean_and_spread_are_those_of_the_files(tmp_path: Path) -> None:
    events = search_with_luck(tmp_path, top=3, seeds=2)
    (confirmed,) = [event for event in events if isinstance(event, ConfirmEnded)]
    for one in confirmed.ranking:
        files = sorted((tmp_path / "confirm" / one.identity).glob("*.json"))
        records = [json.loads(path.read_text()) for path in files]
        assert [str(record["seed"]) for record in records] == [path.stem for path in files]
        values = [record["values"][0] for record in records]
        assert one.mean == pytest.approx(np.mean(values))
        assert one.spread == pytest.approx(np.std(values, ddof=1))
        assert len(one.fresh) == 2
        own = next(event.outcome for event in trials(events) if event.number == one.number)
        assert own.values == (one.value,)
    assert [one.mean for one in confirmed.ranking] == sorted((one.mean for one in confirmed.ranking), reverse=True)


def test_whether_the_winner_is_told_from_the_second(tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        rng = np.random.default_rng(seed)
        level = {64: 0.8, 16: 0.79, 32: 0.2}[setting(architecture, "dim")]
        return FakeTraining(architecture, level + rng.uniform(-noise, noise))

    for noise, separated in ((0.1, False), (0.001, True)):
        chosen = setup(space=tiny_space(ANCHORS), trials=3, train=train, confirm={"top": 3, "seeds": 4})
        best = best_of(run(chosen, tmp_path / str(noise)))
        assert best.separated is separated
        assert best.second is not None
        assert {best.winner.number, best.second.number} == {0, 1}


def test_closed_forms_are_not_trained_again(tmp_path: Path) -> None:
    anchors = {"gf-cf": ClosedForm(propagation=Spectral(rank=64)), "good": GOOD}
    chosen = setup(space=tiny_space(anchors), trials=2, train=train_with_luck, confirm={"top": 2, "seeds": 2})
    events = run(chosen, tmp_path)
    (confirmed,) = [event for event in events if isinstance(event, ConfirmEnded)]
    by_number = {one.number: one for one in confirmed.ranking}
    assert by_number[0].fresh == ()
    assert by_number[0].spread == 0
    assert len(by_number[1].fresh) == 2
    assert len(list(tmp_path.glob("confirm/*"))) == 1
    assert best_of(events).separated is None, "one value tells nothing of its own uncertainty"


def test_a_fresh_seed_that_fails_is_recorded_and_left_out(tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        if setting(architecture, "dim") == 64 and seed == derive_seed(0, "confirm", _identity(GOOD), 0):
            raise ValueError("unlucky seed")
        return train_with_luck(architecture, seed)

    chosen = setup(space=tiny_space(ANCHORS), trials=3, train=train, confirm={"top": 2, "seeds": 2})
    best = best_of(run(chosen, tmp_path))
    assert best.winner.number == 1
    assert len(best.winner.fresh) == 1
    records = [json.loads(path.read_text()) for path in tmp_path.glob(f"confirm/{_identity(GOOD)}/*.json")]
    assert sorted(str(record.get("reason")) for record in records) == ["None", "ValueError: unlucky seed"]


def test_stopped_between_seeds_only_whole_rounds_count(tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3 * 20 + 5 + 3 * 20 + 30

    chosen = setup(space=tiny_space(ANCHORS), trials=3, train=train_with_luck, confirm={"top": 3, "seeds": 2})
    events = run(chosen, tmp_path, stop=stop)
    assert ended(events).reason == "stopped"
    (confirmed,) = [event for event in events if isinstance(event, ConfirmEnded)]
    done = len(list(tmp_path.glob("confirm/*/*.json")))
    assert 3 < done < 6
    assert {len(one.fresh) for one in confirmed.ranking} == {1}
    again = run(chosen, tmp_path, resume=True)
    assert best_of(again) == best_of(run(chosen, tmp_path / "whole"))


def test_the_best_of_each_family_is_trained_again_beside_the_top(tmp_path: Path) -> None:
    anchors = {**ANCHORS, "mf": Trained(propagation=NoPropagation(), dim=32, lr=0.01, epochs=20)}
    chosen = setup(space=tiny_space(anchors), trials=4, train=train_with_luck, confirm={"top": 2, "seeds": 2})
    best = best_of(run(chosen, tmp_path))
    numbers = [one.number for one in best.ranking]
    assert sorted(numbers) == [0, 1, 3], "the third graph network is neither among the top nor the best of a family"
    assert all(len(one.fresh) == 2 for one in best.ranking)
    means = [one.mean for one in best.ranking]
    assert means == sorted(means, reverse=True)


def test_where_no_round_is_whole_the_leading_ones_are_compared(tmp_path: Path) -> None:
    """The budget ends in the midst of the first round: two of three went through it."""
    chosen = setup(
        space=tiny_space(ANCHORS), trials=3, train=train_with_luck, confirm={"top": 3, "seeds": 2}, max_epochs_total=100
    )
    best = best_of(run(chosen, tmp_path))
    assert [(one.number, len(one.fresh)) for one in best.ranking] == [(1, 1), (0, 1), (2, 0)]
    assert best.p_value is None
