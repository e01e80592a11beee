"""Who worked on a run, and for how long (`sessions/ID.json`); what a shared database calls its study (`study.json`)."""

from dataclasses import dataclass, replace

from pydantic import FiniteFloat

from gnas.errors import RunError
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_if_there, read_record


@dataclass(frozen=True)
class SessionRecord:
    """A span of work by one process.

    Attributes:
        leads: of several processes one leads. Its time is the run's time; the others help.
        elapsed_s: seconds from its beginning to `written_at`, in seconds since 1970.
    """

    id: str
    pid: int
    host: str
    leads: bool
    elapsed_s: FiniteFloat
    written_at: FiniteFloat


def read_sessions(run: RunDirectory) -> list[SessionRecord]:
    """All sessions of a run in the order in which they began; damaged ones are left out, and their time with them."""
    found = []
    for path in sorted(run.sessions.glob("*-*.json")):
        try:
            record = read_record(SessionRecord, path, "remove it; the time that it stands for is not counted then")
            found.append(replace(record, id=path.stem))
        except RunError:
            continue
    return found


def spent_s(run: RunDirectory) -> float:
    """Wall time spent on the run by those who led it."""
    return sum(record.elapsed_s for record in read_sessions(run) if record.leads)


IN_JOURNAL = "gnas"
"""The name of the study in a journal, which holds one."""


@dataclass(frozen=True)
class StudyRecord:
    """The study's name."""

    study: str


def read_study(run: RunDirectory) -> str | None:
    """The name of the run's study in a database; None where none is kept. Raises `RunError` where it is damaged."""
    fix = "write the name of its study into it, as the database has it"
    record = read_if_there(StudyRecord, run.study, fix)
    return None if record is None else record.study
