import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.errors import SearchFailed, TrialFailed
from gnas.search.events import TrialEnded
from gnas.search.search import search
from gnas.train.loop import Epoch, raise_failed
from tests.forms import setting
from tests.search.search_fakes import FakeTraining, ended, quality, run, setup, trials

ALIVE: weakref.WeakSet[FakeTraining] = weakref.WeakSet()


class Failing(FakeTraining):
    """Raises what it is told at its third epoch; counted while it lives."""

    error: Exception = TrialFailed("the loss is nan in step 7")
    __hash__ = object.__hash__

    def epochs(self, halt: Callable[[], bool]) -> Iterator[Epoch]:
        big = torch.zeros(10)
        for epoch in super().epochs(halt):
            if epoch.index == 3:
                raise type(self.error)(*self.error.args)  # a new one, for an error keeps its frames alive
            assert len(big) == 10
            yield epoch


def failing_where(test: str, error: Exception):  # type: ignore[no-untyped-def]
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        if architecture.kind == test:
            training = Failing(architecture, 0.9)
            training.error = error
            ALIVE.add(training)
            return training
        return FakeTraining(architecture, quality(architecture))

    return train


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TrialFailed("the loss is nan in step 7"), "the loss is nan in step 7"),
        (MemoryError(), "MemoryError"),
        (ValueError("bad op\nsecond line"), "ValueError: bad op"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_a_failed_trial_is_recorded_and_the_search_goes_on(error: Exception, reason: str, tmp_path: Path) -> None:
    events = run(setup(trials=9, train=failing_where("lightgcn", error)), tmp_path)
    failed = [event.outcome for event in trials(events) if event.outcome.state == "failed"]
    assert failed
    assert {outcome.reason for outcome in failed} == {reason}
    assert {outcome.architecture.kind for outcome in failed} == {"lightgcn"}
    assert ended(events).failures == {reason: len(failed)}
    assert ended(events).best is not None
    text = (tmp_path / f"trials/{failed[0].number:04d}/error.txt").read_text()
    assert "Traceback" in text
    assert type(error).__name__ in text
    table = pl.read_parquet(tmp_path / "trials.parquet").filter(pl.col("state") == "failed")
    assert table["reason"].to_list() == [reason] * len(failed)
    assert table["ndcg@20"].to_list() == [None] * len(failed)


def test_the_memory_of_a_failed_trial_is_freed(tmp_path: Path) -> None:
    ALIVE.clear()
    most = 0
    iterator = search(setup(trials=8, train=failing_where("lightgcn", ValueError("x"))), tmp_path)
    failed = 0
    for event in iterator:
        if isinstance(event, TrialEnded):
            failed += event.outcome.state == "failed"
            most = max(most, len(ALIVE))
    assert failed > 1
    assert most == 0


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_a_failed_point_is_not_proposed_again(sampler: str, tmp_path: Path) -> None:
    events = run(setup(sampler=sampler, trials=16, train=failing_where("lightgcn", ValueError("x"))), tmp_path)
    names = [event.outcome.identity for event in trials(events)]
    assert len(set(names)) == len(names) == 16


def test_tpe_learns_to_stay_away_from_failures(tmp_path: Path) -> None:
    events = run(setup(sampler="tpe", trials=30, train=failing_where("none", ValueError("x"))), tmp_path)
    failed = [event.outcome.state == "failed" for event in trials(events)]
    assert sum(failed[15:]) < sum(failed[:15])


def test_what_is_not_a_number_fails_the_trial(tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        bad = architecture.kind == "spectral"
        return FakeTraining(architecture, float("nan") if bad else quality(architecture))

    done = [event.outcome for event in trials(run(setup(trials=15, train=train), tmp_path))]
    assert {outcome.reason for outcome in done if outcome.state == "failed"} == {"ndcg@20 is nan after epoch 1"}
    assert all((outcome.state == "failed") == (outcome.architecture.kind == "spectral") for outcome in done)


def test_too_many_failures_in_a_row_end_the_search_with_their_causes(tmp_path: Path) -> None:
    def train(architecture: Architecture, seed: int) -> FakeTraining:
        raise ValueError(f"no {architecture.kind} today")

    with pytest.raises(
        SearchFailed, match=r"too many trials failed in a row.*failures: .* × ValueError: no .* today"
    ) as caught:
        run(setup(trials=50, train=train, max_failures=6), tmp_path)
    assert caught.value.exit_code == 1
    assert len(pl.read_parquet(tmp_path / "trials.parquet")) == 6


def test_failures_after_a_success_leave_its_winner(tmp_path: Path) -> None:
    calls = 0

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise ValueError("broken")
        return FakeTraining(architecture, quality(architecture))

    end = ended(run(setup(trials=50, train=train, max_failures=3), tmp_path))
    assert end.reason == "failures"
    assert end.best is not None
    assert end.best.winner.number in (0, 1)


def plainly(error: RuntimeError) -> None:
    raise error


@pytest.mark.parametrize(
    ("fail", "reason"),
    [(plainly, "OutOfMemoryError: CUDA out of memory"), (raise_failed, "out of memory: CUDA out of memory")],
    ids=["while it is built", "in the training loop"],
)
def test_gpu_memory_running_out_halves_the_batch_once(
    fail: Callable[[RuntimeError], None], reason: str, tmp_path: Path
) -> None:
    tried: dict[str, list[int | str]] = {}

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        def hook(_: int) -> None:
            tried.setdefault(
                f"{architecture.kind}/{setting(architecture, 'dim')}/{setting(architecture, 'lr')}", []
            ).append(setting(architecture, "batch_size"))
            limit = {128: 512, 64: 1024}.get(setting(architecture, "dim"), 4096)
            if architecture.trained and int(setting(architecture, "batch_size")) > limit:
                fail(torch.OutOfMemoryError("CUDA out of memory"))

        return FakeTraining(architecture, quality(architecture), hook)

    done = [event.outcome for event in trials(run(setup(trials=15, train=train), tmp_path))]
    by_dim = {
        dim: [o for o in done if o.architecture.trained and setting(o.architecture, "dim") == dim] for dim in (64, 128)
    }
    assert by_dim[64]
    assert by_dim[128]
    for outcome in by_dim[64]:
        assert outcome.state == "complete"
        assert setting(outcome.architecture, "batch_size") == 1024
        assert outcome.reason == "trained with batch_size 1024: 2048 did not fit in memory"
        assert outcome.identity == outcome.architecture.model_copy(update={"batch_size": 2048}).identity
        assert "batch_size: 1024" in (tmp_path / f"trials/{outcome.number:04d}/architecture.yaml").read_text()
    for outcome in by_dim[128]:
        assert outcome.state == "failed"
        assert outcome.reason == reason
    assert all(sizes[:2] in ([2048, 1024], [2048, 2048]) for sizes in tried.values() if len(sizes) > 1)


def test_a_training_without_an_evaluation_fails(tmp_path: Path) -> None:
    class Silent(FakeTraining):
        def epochs(self, halt: Callable[[], bool]) -> Iterator[Epoch]:
            yield Epoch(1, 0.5, {}, is_best=False)

    with pytest.raises(SearchFailed, match="the training ended before its first evaluation"):
        run(setup(trials=2, train=lambda architecture, _: Silent(architecture, 1.0)), tmp_path)


def test_a_full_disk_is_not_the_candidates_fault(tmp_path: Path) -> None:
    class Full(FakeTraining):
        def save(self, path: Path) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        run(setup(trials=4, train=lambda architecture, _: Full(architecture, 1.0)), tmp_path)
    events = run(setup(trials=4), tmp_path, resume=True)
    assert [event.number for event in trials(events)] == [0, 1, 2, 3]
    assert {event.outcome.state for event in trials(events)} == {"complete"}
