"""The data of a run, ready to be searched or measured on: read, cleaned, split, its graph built."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gnas.config.metrics import METRICS, parse_metric
from gnas.config.run import RunConfig
from gnas.data.interactions import Split
from gnas.data.prepare import prepare
from gnas.errors import DataError, RunError
from gnas.graph.bipartite import Graph, build_graph
from gnas.run.events import Phase, Work
from gnas.train.evaluator import Evaluator


@dataclass(frozen=True)
class Prepared:
    """What every candidate of a run shares. `graph` holds the train interactions alone."""

    config: RunConfig
    split: Split
    graph: Graph
    device: torch.device


def prepare_run(config: RunConfig, device: torch.device, base: Path, fingerprint: str | None = None) -> Work[Prepared]:
    """Read the data and build the graph; `base` resolves relative paths.

    Raises:
        RunError: `fingerprint` is given, and the data are others now.
        DataError: the data cannot be read or used.
    """
    yield Phase("reading the data")
    split = prepare(config.data, config.seed, base)
    if fingerprint is not None and split.fingerprint != fingerprint:
        raise RunError(
            f"the data changed since this run began: their fingerprint was {fingerprint[:12]} and is "
            f"{split.fingerprint[:12]} now; put the old data back, or begin a new run"
        )
    yield Phase("building the graph")
    return Prepared(config, split, build_graph(split.train, device), device)


def validation_evaluator(prepared: Prepared) -> Evaluator:
    """Full ranking of the validation items, train items masked."""
    split = prepared.split
    return _evaluator(prepared, "validation", split.valid, [split.train])


def test_evaluator(prepared: Prepared) -> Evaluator:
    """Full ranking of the test items, train and validation items masked."""
    split = prepared.split
    return _evaluator(prepared, "test", split.test, [split.train, split.valid])


def _evaluator(prepared: Prepared, name: str, target: Any, seen: list[Any]) -> Evaluator:
    if not len(target):
        raise DataError(f"the {name} part is empty: nothing can be measured on it; change data.split")
    config = prepared.config
    return Evaluator(
        target, seen, cutoffs(config), seed=config.seed, device=prepared.device, memory_mib=config.evaluate.memory_mib
    )


def cutoffs(config: RunConfig) -> list[int]:
    """The cut-offs to measure at: those of `evaluate`, and those that an objective names."""
    named = (parse_metric(name)[1] for name in config.search.objectives)
    return sorted({*config.evaluate.cutoffs, *(cutoff for cutoff in named if cutoff is not None)})


def main_metric(config: RunConfig) -> str:
    """The first objective that is measured on a ranking rather than on the candidate."""
    for name in config.search.objectives:
        if not METRICS[parse_metric(name)[0]].cost:
            return name
    return f"ndcg@{max(config.evaluate.cutoffs)}"


def describe_split(split: Split) -> dict[str, Any]:
    """The contents of data.json."""
    n = {"train": len(split.train), "valid": len(split.valid), "test": len(split.test)}
    return {
        "n_users": split.n_users,
        "n_items": split.n_items,
        **{f"n_{part}": count for part, count in n.items()},
        "density": sum(n.values()) / (split.n_users * split.n_items),
        "fingerprint": split.fingerprint,
        "report": split.report,
    }
