"""One process at work on a run: whether it is alive, which trials it owns, and how long it has worked.

Every session holds a lock of its own for as long as its process lives. Whoever gets that lock knows the owner is dead
and may take over its half-done trial: no heartbeats, no time-outs, nothing that a long epoch could outlast.
"""

import os
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from gnas.errors import RunError
from gnas.files import write_text
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import write_record
from gnas.rundir.session import SessionRecord, read_sessions, spent_s
from gnas.search.locks import is_taken, lock_at, take

BEAT_S = 1.0
"""Least time between two notes of the time spent."""


class Session:
    """A span of work by one process, with a file of its own in `sessions/`; use it as a context.

    `leads`: of several processes one leads. Its time is the run's time; the others help.

    Raises:
        RunError: on entry, if another process leads a search in the same run directory.
    """

    def __init__(self, run: RunDirectory, clock: Callable[[], float], *, leads: bool = True) -> None:
        self._run = run
        self._clock = clock
        self.leads = leads
        self._start = clock()
        self._beat = self._start
        self._id = f"{time.time_ns()}-{os.getpid()}"
        self._before_s = spent_s(run)
        self._own_lock = lock_at(_lock_of(run, self._id))
        self._lead_lock = lock_at(run.sessions / "leader.lock")
        self._dead: set[str] = set()
        self.claims = lock_at(run.sessions / "claims.lock")

    def __enter__(self) -> "Session":
        self._run.sessions.mkdir(parents=True, exist_ok=True)
        if self.leads and not take(self._lead_lock, wait=False):
            raise RunError(
                f"{self._run.path}: another process is searching in this run directory; wait for its end, "
                "or join it with `gnas worker`"
            )
        take(self._own_lock)
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
        write_text(self._run.trial(number).owner, self._id)

    def is_free(self, number: int) -> bool:
        """Whether no living process trains the trial, which the ledger holds as running. Only with `claims` held."""
        path = self._run.trial(number).owner
        owner = path.read_text(errors="replace") if path.exists() else ""
        return owner != self._id and not self._alive(owner)

    def _alive(self, session: str) -> bool:
        if session in self._dead or not SESSION.fullmatch(session):
            return False
        if is_taken(_lock_of(self._run, session)):
            return True
        self._dead.add(session)
        return False

    def _write(self) -> None:
        self._beat = self._clock()
        elapsed_s = self._beat - self._start
        record = SessionRecord(self._id, os.getpid(), socket.gethostname(), self.leads, elapsed_s, time.time())
        write_record(self._run.sessions / f"{record.id}.json", record)


def is_running(run: RunDirectory) -> bool:
    """Whether a living process leads the search of the run.

    Asks for the locks of sessions, never for the leader's: another process that wants to lead is not disturbed.
    """
    return any(record.leads and is_taken(_lock_of(run, record.id)) for record in read_sessions(run))


SESSION = re.compile(r"\d+-\d+")
"""The id of a session: when it began, and its process."""


def _lock_of(run: RunDirectory, session: str) -> Path:
    return run.sessions / f"{session}.lock"
