"""One process at work on a run: who is alive, who owns which trial, and the wall time that a crash must not make free.

Every session holds a lock of its own for as long as its process lives. Whoever gets that lock knows the owner is dead
and may take over its half-done trial: no heartbeats, no time-outs, nothing that a long epoch could outlast.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from gnas.errors import RunError
from gnas.files import write_json, write_text
from gnas.search.locks import FileLock
from gnas.search.records import trial_folder

BEAT_S = 1.0
"""Least time between two notes of the time spent."""


class Session:
    """A span of work by one process, with a file of its own in `sessions/`; use it as a context.

    `leads`: of several processes one leads. Its time is the run's time; the others help.

    Raises:
        RunError: on entry, if another process leads a search in the same run directory.
    """

    def __init__(self, folder: Path, clock: Callable[[], float], *, leads: bool = True) -> None:
        self._run = folder
        self._folder = folder / "sessions"
        self._clock = clock
        self.leads = leads
        self._start = clock()
        self._beat = self._start
        self._id = f"{time.time_ns()}-{os.getpid()}"
        self._before_s = sum(float(record["elapsed_s"]) for record in read_sessions(folder) if record["leads"])
        self._own_lock = FileLock(self._lock_of(self._id))
        self._lead_lock = FileLock(self._folder / "leader.lock")
        self._dead: set[str] = set()
        self.claims = FileLock(self._folder / "claims.lock")

    def __enter__(self) -> "Session":
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.leads and not self._lead_lock.acquire(wait=False):
            raise RunError(
                f"{self._run}: another process is searching in this run directory; wait for its end, "
                "or join it with `gnas worker`"
            )
        self._own_lock.acquire()
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write()
        self._own_lock.release()
        self._lead_lock.release()

    @property
    def spent_s(self) -> float:
        """Wall time spent on the run, earlier sessions included."""
        return self._before_s + self._clock() - self._start

    def beat(self) -> None:
        """Note the time spent so far, at most once a second."""
        if self._clock() - self._beat >= BEAT_S:
            self._write()

    def own(self, number: int) -> None:
        """Note that this session trains the trial. Only with `claims` held."""
        write_text(trial_folder(self._run, number) / "owner", self._id)

    def is_free(self, number: int) -> bool:
        """Whether nobody alive trains the trial, which the ledger holds as running. Only with `claims` held."""
        path = trial_folder(self._run, number) / "owner"
        owner = path.read_text() if path.exists() else ""
        return owner != self._id and not self._alive(owner)

    def _alive(self, session: str) -> bool:
        if session in self._dead or not self._lock_of(session).exists():
            return False
        lock = FileLock(self._lock_of(session))
        if not lock.acquire(wait=False):
            return True
        lock.release()
        self._dead.add(session)
        return False

    def _lock_of(self, session: str) -> Path:
        return self._folder / f"{session}.lock"

    def _write(self) -> None:
        self._beat = self._clock()
        record = {"pid": os.getpid(), "host": socket.gethostname(), "leads": self.leads}
        times = {"elapsed_s": self._beat - self._start, "written_at": time.time()}
        write_json(self._folder / f"{self._id}.json", record | times)


def read_sessions(folder: Path) -> list[dict[str, Any]]:
    """The records of all sessions of a run, in the order in which they began."""
    return [json.loads(path.read_text()) for path in sorted((folder / "sessions").glob("*-*.json"))]
