"""The progress of a search, gathered from its events; the displays only draw it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gnas.events import Begun, Part, Phase, Reading
from gnas.metrics import metric_of
from gnas.report.trials import TrialRow, read_trials
from gnas.rundir.layout import RunDirectory
from gnas.rundir.session import spent_s
from gnas.search.events import ConfirmEnded, ConfirmStarted, EpochDone, SearchEnded, TrialEnded, TrialStarted
from gnas.train.loop import Epoch

Clock = Callable[[], float]
SEARCHING = "searching"


@dataclass
class Line:
    """One trial as the table shows it."""

    number: int
    words: str
    state: str = "running"
    value: float | None = None
    epochs: int = 0
    wall_s: float = 0.0
    reason: str = ""
    started_s: float = 0.0


@dataclass
class Progress:
    """The state of a search; `see` takes its events in order. Times are those of `clock`, in seconds."""

    metric: str = ""
    trials: int | None = None
    timeout_s: float | None = None
    clock: Clock = time.monotonic
    lines: dict[int, Line] = field(default_factory=dict)
    best: Line | None = None
    phase: str = "starting"
    phase_done: int = 0
    phase_total: int | None = None
    part: str = ""
    finished: int = 0
    recalled: int = 0
    confirmed: int = 0
    before_s: float = 0.0
    searching: bool = False
    reason: str | None = None

    def __post_init__(self) -> None:
        self.started_s = self.phase_started_s = self.clock()

    def recall(self, rows: Sequence[TrialRow], spent_s: float) -> None:
        """Take in the trials of earlier sessions, and the time that those took."""
        for row in rows:
            if row.state in ("running", "unreadable"):
                continue
            value = row.metrics.get(self.metric)
            line = Line(row.number, row.words, row.state, value, row.epochs, row.wall_s, row.reason)
            self.lines[row.number] = line
            if row.state == "complete" and value is not None and self._better(value):
                self.best = line
        self.finished = self.recalled = len(self.lines)
        self.before_s = spent_s

    def see(self, event: object) -> None:
        """Take one event in; those of no interest are passed over."""
        match event:
            case Begun():
                self._begin(event)
            case Phase():
                self._enter(event.name, event.total)
            case Reading():
                self._read(event)
            case Part():
                self.phase_done += 1
                self.part = event.name
            case TrialStarted():
                self._start_trial(event)
            case EpochDone():
                self._see_epoch(event)
            case TrialEnded():
                self._end_trial(event)
            case ConfirmStarted():
                self._enter("confirming the best on fresh seeds", len(event.numbers) * event.seeds)
            case ConfirmEnded() if event.ranking and event.ranking[0].number in self.lines:
                self.best = self.lines[event.ranking[0].number]
            case SearchEnded():
                self.reason = event.reason
            case Epoch():
                self._see_single(event)

    def _begin(self, event: Begun) -> None:
        self.metric, self.trials, self.timeout_s = event.metric, event.trials, event.timeout_s
        if event.resumed:
            run = RunDirectory(event.run)
            self.recall(read_trials(run), spent_s(run))

    def _read(self, event: Reading) -> None:
        if self.part != event.name:
            self.phase_started_s = self.clock()
        self.part, self.phase_done, self.phase_total = event.name, event.done, event.total

    def _enter(self, name: str, total: int | None) -> None:
        self.phase, self.phase_total, self.phase_done, self.part = name, total, 0, ""
        self.phase_started_s = self.clock()

    def _start_trial(self, event: TrialStarted) -> None:
        if not self.searching:
            self.searching = True
            self._enter(SEARCHING, self.trials)
        self.lines[event.number] = Line(event.number, event.architecture.words, started_s=self.clock())

    def _see_epoch(self, event: EpochDone) -> None:
        line = self.lines.get(event.number)
        if event.confirming or line is None:
            self.part = "" if line is None else line.words
            self.confirmed += event.epoch.index == 1
            self.phase_done = max(0, self.confirmed - 1)
            return
        line.epochs = event.epoch.index
        line.wall_s = self.clock() - line.started_s
        if event.epoch.is_best:
            line.value = event.epoch.metrics.get(self.metric)

    def _see_single(self, epoch: Epoch) -> None:
        """An epoch of a training outside a search."""
        self.phase_done = epoch.index
        value = "" if math.isnan(epoch.best_value) else f"  best {self.metric} {epoch.best_value:.4f}"
        self.part = f"loss {epoch.loss:.4f}{value}" if math.isfinite(epoch.loss) else value.strip()

    def _end_trial(self, event: TrialEnded) -> None:
        outcome = event.outcome
        line = self.lines.setdefault(event.number, Line(event.number, outcome.architecture.words))
        line.state, line.epochs, line.wall_s = outcome.state, outcome.epochs, outcome.wall_s
        line.reason = outcome.reason or ""
        line.value = (outcome.metrics or {}).get(self.metric, line.value)
        self.finished += 1
        self.phase_done = self.finished
        if outcome.state == "complete" and line.value is not None and self._better(line.value):
            self.best = line

    def _better(self, value: float) -> bool:
        if self.best is None or self.best.value is None:
            return True
        return metric_of(self.metric).better(value, self.best.value)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning, earlier sessions of a resumed search included."""
        return self.before_s + self.clock() - self.started_s

    @property
    def fraction(self) -> float | None:
        """Share of the budget that is spent, the fuller of trials and time; None where it is not known."""
        shares = []
        if self.phase == SEARCHING:
            if self.trials:
                shares.append(self.finished / self.trials)
            if self.timeout_s:
                shares.append(self.elapsed_s / self.timeout_s)
        elif self.phase_total:
            shares.append(self.phase_done / self.phase_total)
        return min(1.0, max(shares)) if shares else None

    @property
    def eta_s(self) -> float | None:
        """Seconds until the budget is spent, at the present pace; None before there is a pace."""
        spent_s = self.clock() - self.phase_started_s
        if self.phase != SEARCHING:
            fraction = self.fraction
            return spent_s * (1 - fraction) / fraction if fraction else None
        left = []
        if self.trials and self.finished > self.recalled:
            left.append(max(0, self.trials - self.finished) * spent_s / (self.finished - self.recalled))
        if self.timeout_s:
            left.append(max(0.0, self.timeout_s - self.elapsed_s))
        return min(left, default=None)
