"""The machine and the versions of a run, to explain a difference between two machines."""

import os
import platform
import shutil
import subprocess
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import gnas
from gnas.config.secret import hidden
from gnas.rundir.beginning import CodeState, DeviceFacts, Environment, Machine

if TYPE_CHECKING:
    import torch

PACKAGES = (
    "torch", "torch-geometric", "optuna", "numpy", "scipy", "polars", "pydantic", "safetensors", "typer", "rich",
)  # fmt: skip


def describe_environment(device: "torch.device", seed: int) -> Environment:
    """Versions, machine, device, state of the code, command line and seed."""
    import torch

    return Environment(
        started=now(),
        command=tuple(command_line()),
        folder=str(Path.cwd()),
        seed=seed,
        device=describe_device(device),
        threads=torch.get_num_threads(),
        machine=Machine(platform.platform(), _cpu_name(), os.cpu_count(), memory_mib()[0]),
        python=platform.python_version(),
        versions=versions(),
        code=git_state(Path(gnas.__file__).parent),
    )


def now() -> str:
    """The time as the records have it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def command_line() -> list[str]:
    """The command that is running, for the records; without passwords."""
    return ["gnas", *(hidden(word) for word in sys.argv[1:])]


def versions() -> dict[str, str | None]:
    """Versions of gnas and of the packages that it stands on; None: not installed."""
    found: dict[str, str | None] = {"gnas": gnas.__version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def describe_device(device: "torch.device") -> DeviceFacts:
    """The device's name, and for CUDA its model, memory and version."""
    import torch

    if device.type != "cuda":
        return DeviceFacts(str(device))
    properties = torch.cuda.get_device_properties(device)
    return DeviceFacts(str(device), properties.name, properties.total_memory >> 20, torch.version.cuda)


def memory_mib() -> tuple[int | None, int | None]:
    """Total and available memory; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None, None
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if len(line.split()) > 1}
    total, available = kib.get("MemTotal"), kib.get("MemAvailable")
    return (None if total is None else total >> 10), (None if available is None else available >> 10)


def git_state(folder: Path) -> CodeState | None:
    """Commit and cleanliness of the checkout that gnas runs from; None outside a checkout."""
    git = shutil.which("git")
    if git is None or not (folder.parent / ".git").exists():
        return None

    def ask(*words: str) -> str:
        answer = subprocess.run([git, "-C", str(folder), *words], capture_output=True, text=True, timeout=10)
        return answer.stdout.strip()

    return CodeState(ask("rev-parse", "HEAD") or None, bool(ask("status", "--porcelain", "--", ".")))


def _cpu_name() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
