"""Running the library's work under a display."""

from typing import TypeVar

from gnas.cli.output import Output
from gnas.events import Work
from gnas.report.live import display
from gnas.report.progress import Progress

T = TypeVar("T")


def watch(work: Work[T], progress: Progress, output: Output) -> T:
    """Show the events of `work` as they come, and return its result."""
    with display(progress, quiet=output.quiet) as shown:
        while True:
            try:
                event = next(work)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            shown.see(event)
