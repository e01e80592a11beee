"""`study.json`: the name of a run's study in a shared database."""

from dataclasses import dataclass

from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_record, write_record

IN_JOURNAL = "gnas"
"""The name of the study in a journal, which holds one."""


@dataclass(frozen=True)
class StudyRecord:
    """The study's name."""

    study: str


def write_study(run: RunDirectory, name: str) -> None:
    """Keep the study's name."""
    write_record(run.study, StudyRecord(name))


def read_study(run: RunDirectory) -> str | None:
    """The name of the run's study in a database; None where none is kept.

    Raises:
        RunError: the file is damaged.
    """
    if not run.study.exists():
        return None
    return read_record(StudyRecord, run.study, "write the name of its study into it, as the database has it").study
