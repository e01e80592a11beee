"""`study.json`: the name of a run's study in a shared database."""

from dataclasses import dataclass

from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_if_there

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
