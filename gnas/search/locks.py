"""File locks, which the system releases when their holder dies.

They hold between processes of one host, and of several hosts that share a file system with locks.
"""

from pathlib import Path

from filelock import FileLock, Timeout

from gnas.errors import RunError

RETRY_S = 0.01


def lock_at(path: Path) -> FileLock:
    """A lock on the file `path`, which stays when the lock is given back."""
    return FileLock(path, thread_local=False)


def take(lock: FileLock, *, wait: bool = True) -> bool:
    """Take the lock; without `wait`, say whether it was free.

    Raises:
        RunError: the file system has no locks.
    """
    try:
        lock.acquire(blocking=wait, poll_interval=RETRY_S)
    except Timeout:
        return False
    except (OSError, NotImplementedError) as error:
        raise RunError(f"{lock.lock_file} cannot be locked ({error}); put the run directory on another disk") from error
    return True


def is_taken(path: Path) -> bool:
    """Whether a living process holds the lock on `path`. Takes a free one for a moment to find out."""
    if not path.exists():
        return False
    lock = lock_at(path)
    if not take(lock, wait=False):
        return True
    lock.release()
    return False
