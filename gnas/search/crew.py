"""Helper processes of a search on this host. They start and end with it, also when it dies."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gnas.errors import ConfigError

GRACE_S = 20.0
"""How long a helper may take to end by itself before it is told to, and then before it is killed."""


@contextmanager
def crew(command: Sequence[str], environments: Sequence[Mapping[str, str]], folder: Path) -> Iterator[list[int]]:
    """Run `command` once for each environment for as long as the context lasts; yields the process ids.

    What the helpers print goes to `sessions/helper-N.log` of the run directory. A helper that dies is not missed: its
    trial is taken over by another process.
    """
    place = folder / "sessions"
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        helpers = []
        for index, environment in enumerate(environments, 1):
            log = stack.enter_context((place / f"helper-{index}.log").open("ab"))
            helper = subprocess.Popen(
                list(command), env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            helpers.append(helper)
            stack.callback(_end, helper)
        try:
            yield [helper.pid for helper in helpers]
        except BaseException:
            for helper in helpers:
                helper.terminate()
            raise


def environments(
    workers: int, devices: Sequence[str], per_device: int, cores: int | None = None
) -> list[dict[str, str]]:
    """What each of `workers` processes is told of the machine: its GPU, in turn, and its share of the cores.

    Args:
        workers: number of processes, the leading one included; its entry is the first.
        devices: names of the visible GPUs as `CUDA_VISIBLE_DEVICES` has them; empty on a CPU.
        per_device: most processes on one GPU.
        cores: of the machine; looked up where it is None.

    Raises:
        ConfigError: more processes than the GPUs may take.
    """
    if devices and workers > len(devices) * per_device:
        raise ConfigError(
            f"search.workers: {workers} workers on {len(devices)} GPU(s) with workers_per_gpu {per_device} do not fit; "
            f"raise search.workers_per_gpu to {-(-workers // len(devices))} or take {len(devices) * per_device} workers"
        )
    threads = max(1, (cores or os.cpu_count() or 1) // workers)
    found = []
    for index in range(workers):
        environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        if devices:
            environment["CUDA_VISIBLE_DEVICES"] = devices[index % len(devices)]
        found.append(environment)
    return found


def orphaned(parent: int) -> Callable[[], bool]:
    """A question for `stop`: whether the process `parent`, which started this one, is gone."""
    return lambda: os.getppid() != parent


def _end(helper: "subprocess.Popen[bytes]") -> None:
    """Wait for a helper, then ask it to end, then end it."""
    for last_word in (helper.terminate, helper.kill):
        try:
            helper.wait(GRACE_S)
            return
        except subprocess.TimeoutExpired:
            last_word()
    helper.wait()
