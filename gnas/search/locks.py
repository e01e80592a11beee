"""Locks that the system itself gives back when their holder dies: no lock is ever left behind by a killed process."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType

from gnas.errors import RunError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

RETRY_S = 0.01


class FileLock:
    """An exclusive lock on a file, between processes of one host, or of several hosts that share the file system.

    As a context it waits. Not reentrant.

    Raises:
        RunError: the file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; without `wait`, say whether it was free."""
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            while not _take(handle, wait):
                if not wait:
                    os.close(handle)
                    return False
                time.sleep(RETRY_S)
        except OSError as error:
            os.close(handle)
            raise RunError(f"{self._path} cannot be locked ({error}); put the run directory on another disk") from error
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> "FileLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _take(handle: int, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
