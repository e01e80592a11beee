"""Where the study lives: a journal file in the run directory, or a database for workers on several hosts."""

import json
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend

from gnas.config.run import SearchConfig
from gnas.config.secret import hidden, revealed
from gnas.errors import ConfigError, RunError
from gnas.files import cut_torn_line
from gnas.metrics import Direction
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import write_record
from gnas.rundir.session import IN_JOURNAL, StudyRecord, read_study
from gnas.search.locks import lock_at, take


@contextmanager
def opened_storage(config: SearchConfig, run: RunDirectory, *, helps: bool = False) -> Iterator[BaseStorage]:
    """The storage that the configuration asks for; `helps`: for a process beside the leading one.

    Raises:
        ConfigError: SQLite for several workers, or a password that nobody says.
        RunError: the database does not answer.
    """
    logging.getLogger("optuna").setLevel(logging.WARNING)  # else every study greets on stderr
    if config.storage is None:
        yield _journal(run)
        return
    if config.storage.startswith("sqlite") and (helps or config.workers > 1):
        many = "several processes" if helps else f"{config.workers} workers"
        raise ConfigError(
            f"search.storage: SQLite cannot be shared by {many}; drop it for a journal file, or give postgresql://…"
        )
    database = _connect(revealed(config.storage))
    try:
        yield get_storage(database)
    finally:
        database.remove_session()
        database.engine.dispose()


def _journal(run: RunDirectory) -> JournalStorage:
    try:
        return JournalStorage(JournalFileBackend(str(run.journal), lock_obj=JournalLock(run.journal)))  # type: ignore[arg-type]
    except RunError:
        raise
    except Exception as error:  # whatever Optuna makes of lines that it did not write
        raise RunError(
            f"{run.journal} is damaged: {type(error).__name__}: {error}; put it back from a copy, or begin a new run "
            f"from its trials with `gnas search --fork {run.path}`"
        ) from error


def _connect(url: str) -> RDBStorage:
    shown = hidden(url)
    try:
        # A connection that idled through a long epoch may be gone, hence the ping.
        # `postgresql://` means the driver that the `postgres` extra installs.
        driven = url.replace("postgresql://", "postgresql+psycopg://", 1) if url.startswith("postgresql://") else url
        return RDBStorage(driven, engine_kwargs={"pool_pre_ping": True})
    except ImportError as error:
        raise RunError(f"search.storage {shown} needs a driver: {error}; pip install 'gnas[postgres]'") from None
    except Exception as error:
        first = hidden(str(error).strip().splitlines()[0])
        raise RunError(f"search.storage {shown} cannot be opened: {first}") from error


def study_name(config: SearchConfig, run: RunDirectory, *, leads: bool) -> str:
    """The study's name: one for the whole file of a journal, one for each run in a database that holds many.

    Raises:
        RunError: a helper came before the leader had begun.
    """
    if config.storage is None:
        return IN_JOURNAL
    name = read_study(run)
    if name is None:
        if not leads:
            raise RunError(f"{run.path} holds no search to take part in yet; wait for the leading process to begin")
        name = f"gnas-{run.path.name}-{secrets.token_hex(4)}"
        write_record(run.study, StudyRecord(name))
    return name


def open_study(storage: BaseStorage, name: str, directions: Sequence[Direction], *, resume: bool) -> int:
    """The id of the study `name`, made if it is not there.

    Raises:
        RunError: it holds trials already and `resume` was not asked for.
    """
    study = optuna.create_study(storage=storage, study_name=name, directions=list(directions), load_if_exists=True)
    if [direction.name.lower() for direction in study.directions] != list(directions):
        raise RunError(f"study {name!r} was begun with other objectives; put those back, or begin a new run")
    if not resume and study.get_trials(deepcopy=False):
        raise RunError(f"study {name!r} holds a search already; go on with it (--resume) or choose a new run directory")
    return int(storage.get_study_id_from_name(name))


def repair_journal(run: RunDirectory) -> int:
    """Cut a torn end off the journal and say how many bytes went; what stands before it stays as it is."""
    path = run.journal
    if not path.exists():
        return 0
    lock = JournalLock(path)
    size = path.stat().st_size
    lock.acquire()
    try:
        data = path.read_bytes()
        start = data.rfind(b"\n", 0, len(data) - 1) + 1
        try:
            json.loads(data[start:] or b"{}")
        except ValueError:  # after a power loss the last line may be whole in length but not in content
            os.truncate(path, start)
    finally:
        lock.release()
    return size - path.stat().st_size


class JournalLock:
    """The lock that Optuna's journal takes to write, given back by the system when its holder dies.

    Whoever gets it first cuts off what a writer left half-written when it was killed, so that no line is ever
    appended to half a line.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._lock = lock_at(journal.with_name(journal.name + ".lock"))

    def acquire(self) -> bool:
        """Wait for the lock."""
        take(self._lock)
        cut_torn_line(self._journal)
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()
