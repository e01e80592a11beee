"""Locks that the system itself gives back when their holder dies."""

import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class FileLock:
    """An exclusive lock on a file, between processes of one host or of hosts that share a file system with locks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; without `wait`, say whether it was free."""
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            taken = _take(handle, self._path, wait)
        except BaseException:
            os.close(handle)
            raise
        if not taken:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._handle is not None:
            if fcntl is None:
                self._path.with_suffix(".exclusive").unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None


def _take(handle: int, path: Path, wait: bool) -> bool:
    if fcntl is None:
        return _take_exclusive_file(path.with_suffix(".exclusive"), wait)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _take_exclusive_file(path: Path, wait: bool) -> bool:
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
            return True
        except FileExistsError:
            if not wait:
                return False
            time.sleep(0.01)
