"""Whole searches as a user would type them: chosen on validation, test read once, every baseline beside the winner.

Before test is read, winner and baselines are fitted again on train and validation together, as published figures are,
which were trained on all that is not test. Those stand beside ours where there are any; most were tuned on test.
The best candidate of each family and a greedy ensemble, chosen on validation too, stand beside the winner.
"""

import json
import os
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.load import load_architecture


@dataclass(frozen=True)
class Case:
    """One data set: where it lies in the folder of data, the time given, what else is set, what the literature has."""

    path: str
    timeout: str
    settings: tuple[str, ...] = ()
    published: str = ""


CASES = {
    "ml-100k": Case("ml-100k/u.data", "5m"),
    "amazon-electronics": Case("amazon-electronics", "5m", published="UltraGCN .1368/.0829, SimpleX NDCG .0842"),
    "hetrec-lastfm": Case("hetrec-lastfm/user_artists.dat", "5m", ("data.filter.core=5",)),
    "online-retail": Case("online-retail/inter_10core.csv.gz", "5m"),
    "tiktok": Case("tiktok", "5m"),
    "uci-restaurant": Case("uci-restaurant/rating_final.csv", "2m"),
    "amazon-cds": Case("amazon-cds", "20m", published="SimpleX .1763/.1145, UltraGCN .1622/.1043"),
}
HELD_BACK = ("uci-restaurant",)
"""Data on which neither the default space nor the settings of the search were tuned."""
METRICS = ("recall@20", "ndcg@20")


def main(arguments: list[str]) -> None:
    """Search, evaluate, and print a table for each data set."""
    options = _parser().parse_args(arguments)
    console = Console(width=150)
    results = []
    for name in options.only or CASES:
        case = CASES[name]
        run = options.runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
        result = measure(name, case, options, run)
        results.append(result)
        console.print(table(result, case))
    common.write(options.out, {"machine": common.machine(torch.device("cpu")), "results": results})
    console.print(f"{options.out}")


def _parser() -> ArgumentParser:
    made = ArgumentParser(prog="python -m benchmarks search", description=__doc__)
    made.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    made.add_argument("--only", nargs="+", choices=list(CASES), help="these alone")
    made.add_argument("--effort", default="normal", help="smoke, fast, normal or best (default: normal)")
    made.add_argument("--timeout", help="instead of each data set's own time")
    made.add_argument("--space", default="compact")
    made.add_argument("--seed", default="0")
    made.add_argument("--ensemble", default="5", help="most picks of the ensemble; 0: none (default: 5)")
    made.add_argument("--runs", type=Path, default=Path("runs/benchmarks"), help="where the runs go")
    made.add_argument("--out", type=Path, default=Path("runs/benchmarks/search.json"), help="where the JSON goes")
    return made


def measure(name: str, case: Case, options: Any, run: Path) -> dict[str, Any]:
    """One search and one look at test, each a process of its own."""
    settings = [word for setting in case.settings for word in ("--set", setting)]
    started = time.perf_counter()
    _gnas(
        "search", "--data", str(options.data / case.path), "--space", options.space, "--effort", options.effort,
        "--timeout", options.timeout or case.timeout, "--seed", options.seed, "--out", str(run),
        "--ensemble", options.ensemble, *settings,
    )  # fmt: skip
    wall_s = time.perf_counter() - started
    _gnas("evaluate", str(run), "--refit")
    look = json.loads((run / "test.json").read_text())["looks"][-1]
    trials = pl.read_parquet(run / "trials.parquet")
    confirmed_s = sum(json.loads(path.read_text())["wall_s"] for path in run.glob("confirm/*/*.json"))
    searched_s = sum(json.loads(path.read_text())["elapsed_s"] for path in (run / "sessions").glob("*.json"))
    return {
        "name": name,
        "run": str(run),
        "trials": len(trials),
        "wall_s": wall_s,
        "overhead": 1 - (float(trials["wall_s"].sum()) + confirmed_s) / searched_s,
        "peak_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "words": load_architecture(str(run / "best" / "architecture.yaml")).words,
        "test": {metric: look["metrics"][metric] for metric in METRICS},
        "others": [
            {"name": one["name"], "lead": one["lead"], **{metric: one["metrics"][metric] for metric in METRICS}}
            for one in [*look["baselines"], *look["families"], look["runner_up"], look.get("ensemble")]
            if one is not None
        ],
    }


def _gnas(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "gnas", *words, "--quiet"], check=True, stdout=subprocess.DEVNULL, env=os.environ
    )


def table(result: dict[str, Any], case: Case) -> Table:
    """Winner, ensemble and baselines on test, best first."""
    held_back = " (held back)" if result["name"] in HELD_BACK else ""
    made = Table(
        title=f"{result['name']}{held_back}: {result['trials']} trials, {result['wall_s']:.0f} s, "
        f"{result['overhead']:.1%} of the search outside training and scoring, peak {result['peak_mib']:.0f} MiB",
        caption=f"published on this split: {case.published}" if case.published else None,
    )
    for heading in ("recommender", *METRICS, "ndcg@20, 95 % interval", "lead of the winner", "p (Holm)"):
        made.add_column(heading)
    rows = [(f"winner: {result['words']}", result["test"], None)]
    rows += [(one["name"], one, one["lead"]) for one in result["others"]]
    for words, metrics, lead in sorted(rows, key=lambda row: -row[1]["ndcg@20"]["value"]):
        value = metrics["ndcg@20"]
        apart = "" if lead is None else f"{lead['difference']:+.4f} [{lead['low']:+.4f}, {lead['high']:+.4f}]"
        made.add_row(
            words,
            *(f"{metrics[metric]['value']:.4f}" for metric in METRICS),
            f"[{value['low']:.4f}, {value['high']:.4f}]".replace("[", r"\["),
            apart.replace("[", r"\["),
            "" if lead is None else f"{lead['p_holm']:.4f}",
        )
    return made
