"""Progress of a running command on stderr, and Ctrl-C: once for a clean stop, twice to end at once."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from gnas.events import OnEvent
from gnas.report.live import display


@contextmanager
def watched(quiet: bool) -> Iterator[OnEvent | None]:
    """While open, the events that the yielded function is called with are shown; None if `quiet`."""
    if quiet:
        yield None
        return
    with display(sys.stderr) as shown:
        yield shown.see


@contextmanager
def clean_stop(quiet: bool) -> Iterator[Callable[[], bool]]:
    """While open, the first SIGINT or SIGTERM makes the yielded function say yes; the next SIGINT interrupts.

    In a thread that cannot take signals, the function says no.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        nonlocal asked
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked = True
        if not quiet:
            print("\nstopping after the current step; press Ctrl-C again to stop now", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
