"""Checks the installation: packages, device, memory, disk, and a search of a few seconds."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from gnas.config import shipped
from gnas.errors import GnasError
from gnas.report.documents import Document
from gnas.report.shown import Shown
from gnas.report.tables import Table
from gnas.run.environment import describe_device, memory_mib, versions
from gnas.run.evaluate import evaluate
from gnas.run.search import search
from gnas.run.settings import Asked
from gnas.train.device import resolve_device
from gnas.units import format_duration

SMALL = (
    "data.source=synthetic", "data.synthetic={users: 120, items: 80, interactions_per_user: 12, noise: 0.05}",
    "search.trials=2", "search.confirm.top=0", "search.baselines=false", "train.epochs=5", "evaluate.bootstrap=100",
)  # fmt: skip
SPACE = {"propagation": {"lightgcn": {"depth": {"int": [0, 2]}}}, "dim": 16, "lr": 0.02}
ENOUGH_MIB = 1024


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, whether it is well, and what was found."""

    name: str
    ok: bool
    found: str


@dataclass(frozen=True, repr=False)
class Checkup(Shown):
    """All checks."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether all is well."""
        return all(check.ok for check in self.checks)

    def summary(self) -> list[str | Table]:
        """One line for each check."""
        rows = tuple((check.name, "ok" if check.ok else "FAILED", check.found) for check in self.checks)
        verdict = "Everything works." if self.healthy else "Something does not work; see above."
        return [Table(("check", "state", "found"), rows), "", verdict]

    def document(self) -> Document:
        """The same for a machine."""
        checks = [asdict(check) for check in self.checks]
        return {"healthy": self.healthy, "versions": versions(), "checks": checks}


def check_up(device: str = "auto") -> Checkup:
    """Make every check of this installation; `device` is where to compute."""
    looks: dict[str, Callable[[], str]] = {
        "packages": _packages,
        "device": lambda: _device(device),
        "threads": lambda: f"{torch.get_num_threads()} threads",
        "memory": _memory,
        "disk": _disk,
        "shipped files": _shipped,
        "self-check": lambda: _search_small(device),
    }
    return Checkup(tuple(_check(name, look) for name, look in looks.items()))


def _check(name: str, look: Callable[[], str]) -> Check:
    """The outcome of one look; here, and only here, any exception is an answer."""
    try:
        return Check(name, True, look())
    except GnasError as error:
        return Check(name, False, str(error))
    except Exception as error:  # a broken installation may raise anything
        return Check(name, False, f"{type(error).__name__}: {error}")


def _packages() -> str:
    found = versions()
    missing = [name for name, version in found.items() if version is None]
    if missing:
        raise GnasError(f"not installed: {', '.join(missing)}; run pip install gnas")
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _device(name: str) -> str:
    facts = asdict(describe_device(resolve_device(name)))
    return ", ".join(f"{key} {value}" for key, value in facts.items() if value is not None)


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
        run = search(Asked(overrides=SMALL), space=SPACE, device=device, out=folder)
        look = evaluate(run, baselines=False, device=device).look
    value = look.metrics[look.objective].value
    chance = 20 / 80
    if not value > chance / 2:
        raise GnasError(f"the self-check learned nothing ({look.objective} {value:.4f} on test); please report it")
    took = format_duration(time.perf_counter() - started)
    return f"searched and evaluated a planted world in {took}, {look.objective} {value:.3f}"
