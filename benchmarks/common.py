"""What benchmarks share: interactions, clocks, the machine, results."""

import json
import os
import platform
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gnas.data.interactions import Interactions


def parser(name: str, what: str) -> ArgumentParser:
    """The options that every benchmark has."""
    made = ArgumentParser(prog=f"python -m benchmarks {name}", description=what)
    made.add_argument("--data", type=Path, help="folder with train.txt, one line a user: user item item …")
    made.add_argument("--threads", type=int, default=os.cpu_count(), help="CPU threads (default: all)")
    made.add_argument("--device", default="cpu", help="cpu, cuda or cuda:1 (default: cpu)")
    made.add_argument("--repeats", type=int, default=5, help="measurements of each (default: 5)")
    made.add_argument("--out", type=Path, default=Path(f"runs/benchmarks/{name}.json"), help="where the JSON goes")
    return made


def interactions(
    folder: Path | None, *, seed: int = 0, part: str = "train", like: Interactions | None = None
) -> Interactions:
    """A part of a folder, or synthetic interactions: 43,000 users, 36,000 items, about 600,000 pairs.

    `like` are other interactions that number the same users and items, of which there may be more.
    """
    if folder is None:
        return synthetic(43_000, 36_000, 620_000, seed)
    lines = [np.array(line.split(), dtype=np.int64) for line in (folder / f"{part}.txt").read_text().splitlines()]
    user = np.repeat([line[0] for line in lines], [len(line) - 1 for line in lines])
    item = np.concatenate([line[1:] for line in lines])
    if like is None:
        return Interactions(user, item, int(user.max()) + 1, int(item.max()) + 1)
    known = (user < like.n_users) & (item < like.n_items)
    return Interactions(user[known], item[known], like.n_users, like.n_items)


def synthetic(n_users: int, n_items: int, n: int, seed: int) -> Interactions:
    """Users and items drawn by power laws, numbered at random."""
    rng = np.random.default_rng(seed)
    sides = []
    for size in (n_users, n_items):
        weight = rng.permutation((np.arange(size) + 10.0) ** -0.6)
        sides.append(rng.choice(size, n, p=weight / weight.sum()))
    return Interactions(sides[0], sides[1], n_users, n_items)


def seconds(step: Callable[[], object], device: torch.device) -> float:
    """Wall time of one call; a GPU is waited for."""
    wait = torch.cuda.synchronize if device.type == "cuda" else None
    if wait:
        wait(device)
    start = time.perf_counter()
    step()
    if wait:
        wait(device)
    return time.perf_counter() - start


def fastest(steps: Mapping[str, Callable[[], object]], repeats: int, device: torch.device) -> dict[str, float]:
    """The least wall time of each, in seconds, after one call to warm up; measured in turn, so that load hits all."""
    for step in steps.values():
        step()
    rounds = [{name: seconds(step, device) for name, step in steps.items()} for _ in range(repeats)]
    return {name: min(times[name] for times in rounds) for name in steps}


def typical(steps: Mapping[str, Callable[[], object]], repeats: int, device: torch.device) -> dict[str, float]:
    """The median wall time of each, in seconds, measured as `fastest` does."""
    for step in steps.values():
        step()
    rounds = [{name: seconds(step, device) for name, step in steps.items()} for _ in range(repeats)]
    return {name: statistics.median(times[name] for times in rounds) for name in steps}


def machine(device: torch.device) -> dict[str, Any]:
    """Where and when this was measured."""
    cpu = next((line for line in _cpu_lines() if line.startswith("model name")), "").partition(":")[2].strip()
    return {
        "cpu": cpu or platform.processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "huge_pages": os.environ.get("THP_MEM_ALLOC_ENABLE") == "1",
        "load_1m": os.getloadavg()[0],
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def write(path: Path, result: Mapping[str, Any]) -> None:
    """Write a result as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
