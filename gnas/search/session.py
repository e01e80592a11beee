"""One process at work on a run: keeps others out, and counts the wall time that a crash must not make free."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from gnas.errors import RunError
from gnas.files import write_json
from gnas.search.locks import FileLock

BEAT_S = 1.0
"""Least time between two notes of the time spent."""


class Session:
    """A span of work by one process, with a file of its own in `sessions/`.

    Raises:
        RunError: as a context, if another process leads a search in the same run directory.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder / "sessions"
        self._clock = clock
        self._start = clock()
        self._beat = self._start
        self._lock = FileLock(self._folder / "leader.lock")
        self._id = f"{time.time_ns()}-{os.getpid()}"
        self._before_s = sum(float(record["elapsed_s"]) for record in read_sessions(folder))

    def __enter__(self) -> "Session":
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._lock.acquire(wait=False):
            raise RunError(
                f"{self._folder.parent}: another process is searching in this run directory; wait for its end, "
                "or join it with `gnas worker`"
            )
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write()
        self._lock.release()

    @property
    def spent_s(self) -> float:
        """Wall time spent on the run, earlier sessions included."""
        return self._before_s + self._clock() - self._start

    def beat(self) -> None:
        """Note the time spent so far, at most once a second."""
        if self._clock() - self._beat >= BEAT_S:
            self._write()

    def _write(self) -> None:
        self._beat = self._clock()
        record = {"pid": os.getpid(), "host": socket.gethostname(), "elapsed_s": self._beat - self._start}
        write_json(self._folder / f"{self._id}.json", record | {"written_at": time.time()})


def read_sessions(folder: Path) -> list[dict[str, Any]]:
    """The records of all sessions of a run, in the order in which they began."""
    return [json.loads(path.read_text()) for path in sorted((folder / "sessions").glob("*-*.json"))]
