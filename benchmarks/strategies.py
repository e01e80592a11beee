"""How near each strategy comes to the best candidate of a table within 20, 50 and 100 trials, nothing being trained.

Proposals come from the code that a real search runs: strategies, duplicates answered from the ledger, random draws when
ideas run out. Anchors are left out, for every strategy would have them alike. Regret is the best value of the table
minus the best found, in percentage points; the standard error is that of the mean over the seeds.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import optuna
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import common
from benchmarks.courses import course
from benchmarks.tables import BENCH, group, problem
from gnas.search.samplers import SAMPLERS

SAMPLERS_COMPARED = ("portfolio", "predictor", "tpe", "random", "evolution", "local")
TUNED_ON = ("arxiv", "computers", "cs", "physics", "made-0")
"""The tables on which the parts of `portfolio` were chosen; the others are for reporting."""
HELD_OUT = (*(name for name in BENCH if name not in TUNED_ON), "made-3")
KNOW_THEIR_BUDGET = ("nsga2", "nsga3")
"""Strategies that take another course under another budget; of the others one course is read at every budget."""


@dataclass(frozen=True)
class Found:
    """What one search lacked to the best of its table, in percentage points."""

    table: str
    sampler: str
    seed: int
    trials: int
    regret: float


def main(arguments: list[str]) -> None:
    """Search every table with every strategy and seed."""
    parser = common.parser("strategies", __doc__ or "")
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS_COMPARED, choices=list(SAMPLERS))
    parser.add_argument("--tables", nargs="+", default=HELD_OUT, help="`made-SEED` or a data set of NAS-Bench-Graph")
    parser.add_argument("--budgets", nargs="+", type=int, default=[20, 50, 100], help="trials (default: 20 50 100)")
    parser.add_argument("--seeds", type=int, default=20, help="searches of each kind (default: 20)")
    parser.add_argument("--processes", type=int, default=2, help="at once (default: 2)")
    chosen = parser.parse_args(arguments)
    console = Console()
    jobs = [
        (table, sampler, seed) for table in chosen.tables for seed in range(chosen.seeds) for sampler in chosen.samplers
    ]
    results: list[Found] = []
    with get_context("spawn").Pool(chosen.processes, initializer=_quiet) as pool:
        done = pool.imap_unordered(partial(search_table, budgets=chosen.budgets), jobs, chunksize=len(chosen.samplers))
        for found in track(done, "Searching tables", total=len(jobs), console=console):
            results += found
    for kind in dict.fromkeys(map(group, chosen.tables)):
        console.print(_table(kind, results, chosen.samplers, chosen.budgets))
    summary = {
        "machine": common.machine(torch.device("cpu")),
        "tables": list(chosen.tables),
        "seeds": chosen.seeds,
        "summary": [row for kind in dict.fromkeys(map(group, chosen.tables)) for row in _rows(kind, results, chosen)],
        "searches": [asdict(one) for one in sorted(results, key=lambda one: (one.table, one.sampler, one.seed))],
    }
    common.write(chosen.out, summary)
    console.print(f"{chosen.out}: {len(results)} results")


def search_table(job: tuple[str, str, int], budgets: Sequence[int]) -> list[Found]:
    """One strategy on one table under one seed, for every budget."""
    name, sampler, seed = job
    table = problem(name)
    results = []
    values: list[float] = []
    for trials in sorted(budgets):
        if sampler in KNOW_THEIR_BUDGET or not values:
            values = course(table, SAMPLERS[sampler], trials if sampler in KNOW_THEIR_BUDGET else max(budgets), seed)
        results.append(Found(name, sampler, seed, trials, 100 * (table.best - values[min(trials, len(values)) - 1])))
    return results


def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def _by_seed(results: Sequence[Found], kind: str, sampler: str, trials: int) -> np.ndarray:
    """The mean regret over the tables of a kind, one for each seed."""
    own = [one for one in results if group(one.table) == kind and (one.sampler, one.trials) == (sampler, trials)]
    return np.array(
        [np.mean([one.regret for one in own if one.seed == seed]) for seed in sorted({o.seed for o in own})]
    )


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """The mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _rows(kind: str, results: Sequence[Found], chosen: Any) -> list[dict[str, Any]]:
    rows = []
    for sampler in chosen.samplers:
        for trials in chosen.budgets:
            mean, error = mean_and_error(_by_seed(results, kind, sampler, trials))
            rows.append({"kind": kind, "sampler": sampler, "trials": trials, "regret": mean, "standard_error": error})
    return rows


def _table(kind: str, results: Sequence[Found], samplers: Sequence[str], budgets: Sequence[int]) -> Table:
    names = sorted({one.table for one in results if group(one.table) == kind})
    table = Table(title=f"{kind} ({', '.join(names)}): mean regret ± standard error, percentage points")
    table.add_column("strategy")
    for trials in budgets:
        table.add_column(f"{trials} trials", justify="right")
    least = {trials: min(_by_seed(results, kind, name, trials).mean() for name in samplers) for trials in budgets}
    for sampler in samplers:
        cells = []
        for trials in budgets:
            mean, error = mean_and_error(_by_seed(results, kind, sampler, trials))
            text = f"{mean:.3f} ± {error:.3f}"
            cells.append(f"[bold]{text}[/bold]" if mean == least[trials] else text)
        table.add_row(sampler, *cells)
    return table
