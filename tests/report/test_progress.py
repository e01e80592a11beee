import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gnas.config.architecture import Trained
from gnas.events import Note, Part, Phase, Reading
from gnas.report.live import LiveDisplay, PlainDisplay, display
from gnas.report.progress import Progress
from gnas.report.trials import TrialRow
from gnas.search.events import ConfirmStarted, EpochDone, TrialEnded, TrialStarted
from gnas.search.outcome import Outcome, State
from gnas.train.loop import Epoch


@dataclass
class Clock:
    """Time that passes only when told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Watch:
    """A display and its clock."""

    shown: Any
    clock: Clock
    stream: io.StringIO = field(default_factory=io.StringIO)

    def trial(
        self, number: int, value: float, state: State = "complete", wall_s: float = 10.0, reason: str | None = None
    ) -> None:
        self.shown.see(TrialStarted(number, Trained(), "tpe"))
        self.clock.now += wall_s
        for index in (1, 2):
            self.shown.see(EpochDone(number, Epoch(index, 0.5, {"ndcg@20": value}, 1.0, True, value, index)))
        outcome = Outcome(
            number, f"id{number}", state, "tpe", {}, Trained(), {}, (value,), {"ndcg@20": value}, 1, 2, wall_s,
            reason,
        )  # fmt: skip
        self.shown.see(TrialEnded(number, outcome))


def watch(kind: Callable[[Progress, io.StringIO], LiveDisplay | PlainDisplay], **budget: Any) -> Watch:
    clock, stream = Clock(), io.StringIO()
    progress = Progress("ndcg@20", clock=clock, **budget)
    return Watch(kind(progress, stream), clock, stream)


def test_plain_lines_hold_number_words_value_and_the_time_left() -> None:
    seen = watch(PlainDisplay, trials=4)
    seen.shown.see(Phase("searching", 4))
    seen.trial(0, 0.25)
    seen.trial(1, 0.20, "pruned", reason="behind at 10 %")
    lines = seen.stream.getvalue().splitlines()
    assert lines[0] == "searching …"
    assert lines[1].startswith("[1/4] trial 0: lightgcn×2")
    assert "ndcg@20 0.2500 *  2 epochs  10s  complete  eta 30s" in lines[1]
    assert "ndcg@20 0.2000  2 epochs  10s  pruned  (behind at 10 %)  eta 20s" in lines[2]


def test_the_best_is_the_best_complete_trial() -> None:
    seen = watch(PlainDisplay)
    seen.trial(0, 0.2)
    seen.trial(1, 0.9, "pruned")
    seen.trial(2, 0.3)
    seen.trial(3, 0.3)
    assert seen.shown.progress.best.number == 2, "the earlier one among equals"


def test_the_fuller_budget_decides() -> None:
    seen = watch(PlainDisplay, trials=100, timeout_s=40.0)
    seen.trial(0, 0.2)
    assert seen.shown.progress.fraction == pytest.approx(0.25)
    assert seen.shown.progress.eta_s == pytest.approx(30)


def test_a_resumed_search_counts_on_from_where_it_was() -> None:
    seen = watch(PlainDisplay, trials=4, timeout_s=1000.0)
    done = TrialRow(0, "mf", "factorisation", "complete", "tpe", {"ndcg@20": 0.5}, 3, 1.0, "")
    rows = [done, replace(done, number=1, state="running"), replace(done, number=2, state="unreadable")]
    seen.shown.progress.recall(rows, 60.0)
    seen.trial(1, 0.2)
    assert "[2/4] trial 1" in seen.stream.getvalue()
    assert "*" not in seen.stream.getvalue(), "trial 0 is better"
    assert seen.shown.progress.eta_s == pytest.approx(20), "the pace is that of this session"
    assert seen.shown.progress.elapsed_s == pytest.approx(70)


def test_without_a_budget_there_is_no_time_left() -> None:
    seen = watch(PlainDisplay)
    seen.trial(0, 0.2)
    assert seen.shown.progress.fraction is None
    assert "eta" not in seen.stream.getvalue()


def test_parts_and_notes_are_told() -> None:
    seen = watch(PlainDisplay)
    seen.shown.see(Phase("tuning the baselines", 2))
    seen.shown.see(Part("ease", 0.31, 2.0))
    seen.shown.see(Note("a guess"))
    assert seen.stream.getvalue().splitlines()[1:] == ["  ease  ndcg@20 0.3100  2.0s", "note: a guess"]
    assert seen.shown.progress.fraction == pytest.approx(0.5)


def test_confirmation_is_counted_by_its_trainings() -> None:
    seen = watch(PlainDisplay)
    seen.shown.see(ConfirmStarted((3, 1), 2))
    for _ in range(3):
        for index in (1, 2):
            seen.shown.see(EpochDone(3, Epoch(index, 0.1, {}), confirming=True))
    assert seen.shown.progress.fraction == pytest.approx(2 / 4), "two are done, the third is running"


def test_a_single_training_tells_its_better_epochs_and_every_tenth() -> None:
    seen = watch(PlainDisplay)
    seen.shown.see(Phase("training", 30))
    for index in range(1, 31):
        seen.shown.see(Epoch(index, 0.5, {"ndcg@20": 0.2}, 1.0, index == 1, 0.2, 1))
    told = [line.split()[1] for line in seen.stream.getvalue().splitlines()[1:]]
    assert told == ["1", "10", "20", "30"]


def test_downloads_move_the_bar() -> None:
    progress = Progress("ndcg@20")
    progress.see(Phase("reading the data"))
    assert progress.fraction is None
    progress.see(Reading("ml.zip", 30, 120))
    assert progress.fraction == pytest.approx(0.25)
    progress.see(Reading("ml.zip", 30, None))
    assert progress.fraction is None


def test_the_live_picture_shows_the_last_trials_the_best_and_a_bar() -> None:
    from rich.console import Console

    seen = watch(LiveDisplay, trials=40)
    for number in range(15):
        seen.trial(number, 0.2 + number / 100)
    seen.shown.see(TrialStarted(15, Trained(dim=8), "tpe"))
    stream = io.StringIO()
    Console(file=stream, width=120).print(seen.shown.render())
    text = stream.getvalue()
    assert text.count("lightgcn×2") == 12 + 1, "twelve trials and the best so far"
    assert "best so far  ndcg@20 0.3400  trial 14" in text
    assert "15/40 trials" in text
    assert "running" in text


def test_the_live_display_starts_stops_and_leaves_the_trials() -> None:
    seen = watch(LiveDisplay, trials=2)
    with seen.shown:
        seen.trial(0, 0.2)
        seen.shown.see(Note("something"))
    assert "note: something" in seen.stream.getvalue()
    assert "complete" in seen.stream.getvalue()


def test_the_stream_decides_on_the_display() -> None:
    assert isinstance(display(io.StringIO()), PlainDisplay)
