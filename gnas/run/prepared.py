"""The data of a run, ready to be searched or measured on: read, cleaned, split, its graph built."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.data.interactions import Interactions, Split
from gnas.data.prepare import prepare
from gnas.errors import DataError, RunError
from gnas.evaluate.evaluator import Evaluator, Measure, usual_metrics
from gnas.evaluate.rating import RatingEvaluator
from gnas.events import Note, Phase, Work
from gnas.features.bank import FeatureBank
from gnas.features.blocks import FeatureSet
from gnas.features.newcomers import with_newcomers
from gnas.features.table import load_tables
from gnas.graph.bipartite import Graph, build_graph
from gnas.metrics import metric_of, parse_metric
from gnas.nn.ratings import RatingScale, rating_scale

Tick = Callable[[str, int, int | None], None]
"""Called with what is read or downloaded, how much of it is done, and how much there is, None where nobody knows."""


def no_tick(name: str, done: int, total: int | None) -> None:
    """Tell nobody."""
    del name, done, total


@dataclass(frozen=True)
class Prepared:
    """What every candidate of a run shares. `graph` holds the train interactions alone.

    `ratings` is their scale where ratings are to be predicted, else None.
    """

    config: RunConfig
    split: Split
    graph: Graph
    device: torch.device
    bank: FeatureBank
    ratings: RatingScale | None = None


def prepare_run(
    config: RunConfig, device: torch.device, base: Path, fingerprint: str | None = None, tick: Tick = no_tick
) -> Work[Prepared]:
    """Read the data and build the graph; `base` resolves relative paths.

    Raises:
        RunError: `fingerprint` is given, and the data are others now.
        DataError: the data cannot be read or used.
    """
    yield Phase("reading the data")
    split = with_newcomers(prepare(config.data, config.seed, base, tick), config.data, base)
    if fingerprint is not None and split.fingerprint != fingerprint:
        raise RunError(
            f"the data changed since this run began: their fingerprint was {fingerprint[:12]} and is "
            f"{split.fingerprint[:12]} now; put the old data back, or begin a new run (from a search's with "
            f"`gnas search --fork {base}`)"
        )
    for text in describe_steps(split):
        yield Note(text)
    yield Phase("building the graph")
    graph = build_graph(split.train, device)
    bank = FeatureBank(load_tables(config.data, split, base), split.train, device=str(device))
    ratings = rating_scale(split.train) if metric_of(config.main_metric).of_ratings else None
    return Prepared(config, split, graph, device, bank, ratings)


def features_of(prepared: Prepared, architecture: Architecture) -> FeatureSet | None:
    """What a candidate reads of users and items; None where it reads nothing."""
    return prepared.bank.select(architecture.read)


def pinned(prepared: Prepared, architecture: Architecture) -> Architecture:
    """The architecture for its file: naming the weights of the encoders that it reads with."""
    return prepared.bank.pinned(architecture) if architecture.reads_features else architecture


def validation_evaluator(prepared: Prepared) -> Measure:
    """Full ranking of the validation items, train items masked; or the error of predicted ratings."""
    split = prepared.split
    return _evaluator(prepared, "validation", split.valid, [split.train])


def epoch_evaluator(prepared: Prepared, whole: Measure) -> Measure:
    """What the epochs of a training are validated by: `whole`, or a draw of its users where those are too many."""
    limit = prepared.config.train.validation_users
    if not isinstance(whole, Evaluator) or len(whole.users) <= limit:
        return whole
    return _evaluator(prepared, "validation", prepared.split.valid, [prepared.split.train], limit_users=limit)


def test_evaluator(prepared: Prepared) -> Measure:
    """Full ranking of the test items, train and validation items masked; or the error of predicted ratings."""
    split = prepared.split
    return _evaluator(prepared, "test", split.test, [split.train, split.valid])


def group_evaluator(prepared: Prepared, group: Interactions, offered: np.ndarray | None = None) -> Measure:
    """As `test_evaluator`, of the test interactions `group` alone; `offered` are the only items ranked, None: all."""
    split = prepared.split
    return _evaluator(prepared, "test", group, [split.train, split.valid], of_groups=True, offered=offered)


def _evaluator(
    prepared: Prepared,
    name: str,
    target: Interactions,
    seen: list[Interactions],
    of_groups: bool = False,
    offered: np.ndarray | None = None,
    limit_users: int | None = None,
) -> Measure:
    config = prepared.config
    if not len(target):
        raise DataError(f"the {name} part is empty, so nothing can be measured on it; change data.split.{name}")
    if prepared.ratings is not None:
        return RatingEvaluator(target, prepared.device, config.evaluate.memory_mib)
    asked = [metric for metric in [*config.search.objectives, *config.search.limits] if not metric_of(metric).is_cost]
    return Evaluator(
        target,
        seen,
        config.cutoffs,
        seed=config.seed,
        device=prepared.device,
        memory_mib=config.evaluate.memory_mib,
        metrics=[*usual_metrics(of_groups=of_groups), *(parse_metric(metric)[0] for metric in asked)],
        offered=offered,
        limit_users=limit_users,
    )


def describe_steps(split: Split) -> list[str]:
    """What reading guessed and what is left after cleaning, in sentences."""
    guesses = [guess for step in split.report for guess in step.get("guesses", [])]
    n = len(split.train), len(split.valid), len(split.test)
    sizes = (
        f"{split.n_users:,} users, {split.n_items:,} items, {sum(n):,} interactions "
        f"(train {n[0]:,}, validation {n[1]:,}, test {n[2]:,})"
    )
    added = [
        f"{step['new users']:,} users and {step['new items']:,} items of these stand in their tables alone"
        for step in split.report
        if step["step"] == "new"
    ]
    return [*guesses, sizes, *added]
