"""Displays of a running search: a live table on a terminal, plain lines elsewhere."""

from typing import Self, TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from gnas.events import Begun, Note, Part, Phase
from gnas.report.progress import SEARCHING, Line, Progress
from gnas.search import events as search
from gnas.train.loop import Epoch
from gnas.units import format_duration

SHOWN_TRIALS = 12
PLAIN_EPOCHS = 10
"""A log tells every tenth epoch, and those that are better than all before."""
STATE_STYLE = {"running": "cyan", "complete": "green", "pruned": "yellow", "failed": "red"}


def display(stream: TextIO) -> "LiveDisplay | PlainDisplay":
    """The display that fits the stream."""
    return (LiveDisplay if stream.isatty() else PlainDisplay)(Progress(), stream)


class PlainDisplay:
    """A line for everything that ended; for logs and pipes."""

    def __init__(self, progress: Progress, stream: TextIO) -> None:
        self.progress = progress
        self.stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def see(self, event: object) -> None:
        """Write the event's line, if it has one."""
        self.progress.see(event)
        text = line_of(event, self.progress)
        if text:
            print(text, file=self.stream, flush=True)


def line_of(event: object, progress: Progress) -> str:
    """What a plain log says about an event; empty for those that it leaves out."""
    match event:
        case Begun():
            return f"run directory: {event.run}" if event.new else ""
        case Phase():
            return f"{event.name} …"
        case Part():
            value = "" if event.value is None else f"  {progress.metric} {event.value:.4f}"
            took = f"  {format_duration(event.wall_s)}" if event.wall_s else ""
            return f"  {event.name}{value}{took}"
        case Epoch() if event.is_best or event.index % PLAIN_EPOCHS == 0:
            return f"  epoch {event.index}  {progress.part}  {format_duration(event.wall_s)}"
        case Note():
            return f"note: {event.text}"
        case search.TrialEnded():
            return _trial_text(progress.lines[event.number], progress)
        case search.ConfirmStarted():
            return f"confirming the best {len(event.numbers)} on {event.seeds} fresh seeds each …"
        case search.ConfirmEnded():
            return "\n".join(
                f"  trial {one.number}: mean {one.mean:.4f} ± {one.spread:.4f} over {len(one.fresh)} fresh seeds"
                if one.fresh
                else f"  trial {one.number}: {one.mean:.4f}"
                for one in event.ranking
            )
    return ""


def _trial_text(line: Line, progress: Progress) -> str:
    budget = f"/{progress.trials}" if progress.trials else ""
    value = "" if line.value is None else f"  {progress.metric} {line.value:.4f}"
    star = " *" if line is progress.best else ""
    reason = f"  ({line.reason})" if line.reason else ""
    eta = "" if progress.eta_s is None else f"  eta {format_duration(progress.eta_s)}"
    return (
        f"[{progress.finished}{budget}] trial {line.number}: {line.words}{value}{star}  "
        f"{line.epochs} epochs  {format_duration(line.wall_s)}  {line.state}{reason}{eta}"
    )


class LiveDisplay:
    """The last trials, the best so far, and a bar over the budget, redrawn four times a second."""

    def __init__(self, progress: Progress, stream: TextIO) -> None:
        self.progress = progress
        self.console = Console(file=stream)
        self.spinner = Spinner("dots")
        self.live = Live(
            console=self.console,
            get_renderable=self.render,
            refresh_per_second=4,
            redirect_stdout=False,
            transient=True,
        )

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last trials on the screen."""
        self.live.stop()
        if self.progress.lines:
            self.console.print(self._trials())

    def see(self, event: object) -> None:
        """Take the event in; notes stay above the table."""
        self.progress.see(event)
        if isinstance(event, Note | Begun):
            self.console.print(Text(line_of(event, self.progress), style="yellow"))

    def render(self) -> RenderableType:
        """The whole picture as it is now."""
        parts: list[RenderableType] = []
        if self.progress.lines:
            parts.append(self._trials())
        if self.progress.best is not None:
            parts.append(self._best(self.progress.best))
        return Group(*parts, self._bar())

    def _trials(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
        for name, right in (("trial", True), ("architecture", False), (self.progress.metric, True)):
            table.add_column(name, justify="right" if right else "left", no_wrap=True, ratio=None if right else 1)
        for name in ("epochs", "seconds", "state"):
            table.add_column(name, justify="left" if name == "state" else "right", no_wrap=True)
        for line in list(self.progress.lines.values())[-SHOWN_TRIALS:]:
            value = "" if line.value is None else f"{line.value:.4f}"
            table.add_row(
                str(line.number),
                Text(line.words, overflow="ellipsis"),
                Text(value, style="bold green" if line is self.progress.best else ""),
                str(line.epochs),
                f"{line.wall_s:.1f}",
                Text(line.state, style=STATE_STYLE.get(line.state, "dim")),
            )
        return table

    def _best(self, line: Line) -> Text:
        value = "" if line.value is None else f"{self.progress.metric} {line.value:.4f}  "
        return Text.assemble(("best so far  ", "bold"), (value, "bold green"), f"trial {line.number}: {line.words}")

    def _bar(self) -> Table:
        progress = self.progress
        row = Table.grid(padding=(0, 1))
        fraction = progress.fraction
        bar = self.spinner if fraction is None else ProgressBar(total=1.0, completed=fraction, width=30)
        count = ""
        if progress.phase == SEARCHING:
            count = (
                f"{progress.finished}/{progress.trials} trials" if progress.trials else f"{progress.finished} trials"
            )
        elif progress.phase_total:
            count = f"{progress.phase_done}/{progress.phase_total}"
        budget = f" of {format_duration(progress.timeout_s)}" if progress.timeout_s else ""
        eta = "" if progress.eta_s is None else f"eta {format_duration(progress.eta_s)}"
        row.add_row(
            bar,
            progress.phase,
            count,
            f"{format_duration(progress.elapsed_s)}{budget}",
            eta,
            Text(progress.part, style="dim"),
        )
        return row
