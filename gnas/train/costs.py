"""Costs of a candidate: `parameters`, `peak_mib`, `latency_ms`."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gnas.nn.recommender import Recommender

BLOCK_USERS = 256
REPEATS = 5


def parameters(recommender: Recommender) -> float:
    """Number of learned values; 0 where nothing is learned."""
    return float(getattr(recommender, "n_parameters", 0))


@torch.no_grad()
def latency_ms(recommender: Recommender, device: torch.device) -> float:
    """Milliseconds to score all items for a block of `BLOCK_USERS` users (all users where there are fewer).

    The median of `REPEATS` blocks, after one that fills caches and propagates.
    """
    users_B = torch.arange(min(BLOCK_USERS, recommender.n_users), device=device)
    times = []
    for _ in range(REPEATS + 1):
        _wait(device)
        started = time.perf_counter()
        recommender.score(users_B)
        _wait(device)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[1:])


def watch_peak(device: torch.device) -> Callable[[], float]:
    """Start to watch memory; the returned function says the most in use since, in MiB.

    On CUDA what torch held on the device; on the CPU the resident memory of the process, libraries included. Where the
    system cannot reset that mark (anything but Linux), it is the most since the process began.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return lambda: torch.cuda.max_memory_allocated(device) / 2**20
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return lambda: _resident_peak() / 2**20
    return lambda: _high_water() / 2**20


def _high_water() -> int:
    """Linux's high-water mark of resident memory since it was last reset, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _resident_peak() -> int:
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
