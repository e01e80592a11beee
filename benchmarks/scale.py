"""Synthetic graphs of growing size: seconds and bytes an interaction of reading, building, a step, an evaluation.

Users and items grow with the interactions (15 a user, 30 an item), drawn by power laws. Each size has a process of its
own, so that its peaks of memory are its own. The slope is that of a line through the logarithms: 1 is linear growth.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.architecture import Trained
from gnas.config.data import DataConfig, SplitConfig
from gnas.config.losses import AllPairs
from gnas.config.propagation import LightGCN
from gnas.data.prepare import prepare
from gnas.evaluate.evaluator import Evaluator, of_drawn_users
from gnas.graph.bipartite import build_graph
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.costs import watch_peak
from gnas.train.optimizers import build_optimizer
from gnas.train.step import build_step

MILLION = 1_000_000
STAGES = ("read", "build", "step", "evaluate")


def measure(n: int, dim: int, users: int, threads: int) -> dict[str, dict[str, float]]:
    """Seconds and peak bytes above the start of every stage, for n interactions."""
    torch.set_num_threads(threads)
    device, found = torch.device("cpu"), {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        before, peak, started = resident(), watch_peak(device), time.perf_counter()
        yield
        found[name] = {"s": time.perf_counter() - started, "bytes": max(peak() * 2**20 - before, 0.0)}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clicks.parquet"
        world = common.synthetic(n // 15, n // 30, n, 0)
        pl.DataFrame({"user": world.user, "item": world.item}).write_parquet(path)
        del world
        with stage("read"):
            config = DataConfig(source=str(path), split=SplitConfig(valid=0.1, test=0.1))
            split = prepare(config, 0, Path(folder))
    architecture = Trained(propagation=LightGCN(depth=2), dim=dim, loss=AllPairs())
    with stage("build"):
        graph = build_graph(split.train, device)
        model = build(architecture, graph, 0)
        assert isinstance(model, Candidate)
        pairs, known = pairs_of(split.train, graph, architecture), positives(graph)
        graph.interactions.adjacency(0.5)
    step, optimizer = build_step(model, known), build_optimizer(architecture, model.parameters())
    generator = torch_rng(device, 0, "train")
    batch = next(epoch_batches(pairs, known, graph, architecture, generator))

    def update() -> None:
        optimizer.zero_grad(set_to_none=True)
        step(batch, generator).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    with stage("step"):
        update()
    found["step"]["s"] = repeated(update)
    evaluator = Evaluator(of_drawn_users(split.valid, users, 0), split.train, [20], 0, device)
    model.eval()
    with stage("evaluate"):
        evaluator(model)
    return found


def repeated(step: Callable[[], None], times: int = 3) -> float:
    """The median of some calls, in seconds."""
    return float(np.median([common.seconds(step, torch.device("cpu")) for _ in range(times)]))


def resident() -> float:
    """Resident memory of this process in bytes; 0 where the system does not say."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * 4096.0 if path.exists() else 0.0


def slope(sizes: list[int], values: list[float]) -> float:
    """Of the least-squares line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def report(sizes: list[int], found: list[dict[str, dict[str, float]]]) -> tuple[Table, dict[str, float]]:
    """A row a stage and the slopes of its seconds."""
    made = Table(title="Microseconds and bytes an interaction")
    made.add_column("stage")
    for n in sizes:
        made.add_column(f"{n / MILLION:g} million", justify="right")
    made.add_column("slope", justify="right")
    slopes = {}
    for name in STAGES:
        seconds = [one[name]["s"] for one in found]
        cells = [
            f"{1e6 * s / n:.2f} µs, {one[name]['bytes'] / n:.0f} B"
            for n, s, one in zip(sizes, seconds, found, strict=True)
        ]
        slopes[name] = slope(sizes, seconds) if len(sizes) > 1 else float("nan")
        made.add_row(name, *cells, f"{slopes[name]:.2f}")
    return made, slopes


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("scale", "Seconds and bytes an interaction as graphs grow.")
    options.add_argument("--dim", type=int, default=32)
    options.add_argument("--users", type=int, default=1000, help="users of the evaluation (default: 1000)")
    options.add_argument("--sizes", type=int, nargs="+", default=[1, 3, 10], help="millions of interactions")
    options.add_argument("--full", action="store_true", help="30 million too")
    options.add_argument("--one", type=int, help="measure this many interactions, print JSON")
    given = options.parse_args(arguments)
    if given.one:
        print(json.dumps(measure(given.one, given.dim, given.users, given.threads)))
        return
    sizes = [size * MILLION for size in given.sizes + ([30] if given.full else [])]
    shared = ["--dim", str(given.dim), "--users", str(given.users), "--threads", str(given.threads)]
    found = []
    for n in sizes:
        command = [sys.executable, "-m", "benchmarks", "scale", "--one", str(n), *shared]
        found.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
    made, slopes = report(sizes, found)
    console = Console(width=110)
    console.print(made)
    result: dict[str, Any] = {"machine": common.machine(torch.device("cpu")), "dim": given.dim, "users": given.users}
    common.write(given.out, result | {"sizes": sizes, "stages": found, "slopes": slopes})
    console.print(f"written to {given.out}")
