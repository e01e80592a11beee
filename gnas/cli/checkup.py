"""What `gnas doctor` looks at."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gnas.cli.output import Output
from gnas.config import shipped
from gnas.errors import GnasError
from gnas.events import finish
from gnas.report.tables import Table
from gnas.run.configure import Asked, settle
from gnas.run.environment import describe_device, memory_mib, versions
from gnas.run.evaluate import evaluate_run
from gnas.run.search import search_run
from gnas.rundir.layout import RunDirectory
from gnas.train.device import resolve_device
from gnas.units import format_duration

SMALL = (
    "data.source=synthetic", "data.synthetic={users: 120, items: 80, interactions_per_user: 12, noise: 0.05}",
    "search.trials=2", "search.confirm.top=0", "search.baselines=false", "train.epochs=5", "evaluate.bootstrap=100",
)  # fmt: skip
SPACE = {"propagation": {"lightgcn": {"depth": {"int": [0, 2]}}}, "dim": 16, "lr": 0.02}
ENOUGH_MIB = 1024


def examine(device: str, output: Output) -> bool:
    """Make every check, tell the outcome, and say whether all is well."""
    checks: list[tuple[str, bool, str]] = [_check(name, look) for name, look in _looks(device).items()]
    healthy = all(ok for _, ok, _ in checks)
    table = Table(
        ("check", "state", "found"), tuple((name, "ok" if ok else "FAILED", text) for name, ok, text in checks)
    )
    document = {
        "healthy": healthy,
        "versions": versions(),
        "checks": [{"name": name, "ok": ok, "found": text} for name, ok, text in checks],
    }
    output.result(document, table, "", "Everything works." if healthy else "Something does not work; see above.")
    return healthy


def _looks(device: str) -> dict[str, Callable[[], str]]:
    return {
        "packages": _packages,
        "device": lambda: _device(device),
        "threads": lambda: f"{torch.get_num_threads()} threads",
        "memory": _memory,
        "disk": _disk,
        "shipped files": _shipped,
        "self-check": lambda: _search_small(device),
    }


def _check(name: str, look: Callable[[], str]) -> tuple[str, bool, str]:
    """The outcome of one look; here, and only here, any exception is an answer."""
    try:
        return name, True, look()
    except GnasError as error:
        return name, False, str(error)
    except Exception as error:  # a broken installation may raise anything
        return name, False, f"{type(error).__name__}: {error}"


def _packages() -> str:
    found = versions()
    missing = [name for name, version in found.items() if version is None]
    if missing:
        raise GnasError(f"not installed: {', '.join(missing)}; run pip install gnas")
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _device(name: str) -> str:
    return ", ".join(f"{key} {value}" for key, value in describe_device(resolve_device(name)).items())


def _memory() -> str:
    total, free = memory_mib()
    if total is None or free is None:
        return "the system does not say"
    if free < ENOUGH_MIB:
        raise GnasError(f"{free:,} of {total:,} MiB are free; close something, or search smaller candidates")
    return f"{free:,} of {total:,} MiB free"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free >> 20
    if free < ENOUGH_MIB:
        raise GnasError(f"{free:,} MiB are free in {Path.cwd()}; make room")
    return f"{free:,} MiB free in {Path.cwd()}"


def _shipped() -> str:
    found = shipped.names("configs"), shipped.names("search_spaces")
    if not all(found):
        raise GnasError(f"no shipped files in {shipped.folder('configs').parent}; install gnas again")
    return f"configs {', '.join(found[0])}; spaces {', '.join(found[1])}"


def _search_small(device: str) -> str:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gnas-doctor-") as folder:
        run = RunDirectory(Path(folder))
        settled = settle(Asked(None, None, {"space": SPACE, "device": device}, SMALL))
        where = resolve_device(device)
        result = finish(search_run(run, settled.config, settled.space, where))
        look = finish(evaluate_run(run, where, baselines=False))
    value = look.record["metrics"][result.objective]["value"]
    chance = 20 / 80
    if not value > chance / 2:
        raise GnasError(f"a planted world was not learnt: {result.objective} {value:.4f} on test; please report it")
    took = format_duration(time.perf_counter() - started)
    return f"searched and evaluated a planted world in {took}, {result.objective} {value:.3f}"
