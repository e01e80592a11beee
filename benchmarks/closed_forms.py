"""Closed forms of large data: what a candidate costs, and how near an approximated item graph is to the exact one.

Times are CPU seconds of this process. Accuracy is measured on the most popular items alone, whose matrix can be
inverted, by validation recall and NDCG@20 of at most 4,000 users.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks import common
from gnas.config.closed_forms import ALS, ItemGraph, Spectral, TwoHop
from gnas.config.data import DataConfig
from gnas.config.propagation import Propagation
from gnas.data.interactions import Interactions
from gnas.data.prepare import prepare
from gnas.evaluate.evaluator import Evaluator, of_drawn_users
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.item_graph import by_leading_directions, by_weights
from gnas.nn.recommender import Scored

SPECS: list[Propagation] = [
    Spectral(rank=64, user_norm=0.2, item_norm=0.3),
    Spectral(rank=512),
    Spectral(rank=64, response="ridge", user_norm=0.25, item_norm=0.25),
    TwoHop(),
    ItemGraph(ridge=1.0),
    ItemGraph(ridge=3.0, user_norm=0.25, item_norm=0.2, user_shrink=2.0, item_shrink=2.0),
    ALS(rank=64, mass=10.0, ridge=0.5),
]
WAYS: dict[str, Callable[[ItemGraph, Graph], Scored]] = {"exact": by_weights, "approximated": by_leading_directions}
USERS = 220
"""Scored for the time of one."""


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("closed_forms", __doc__ or "")
    options.add_argument("--items", type=int, default=8000, help="most popular items of the comparison (default: 8000)")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    console, device = Console(width=150), torch.device(given.device)
    split = prepare(DataConfig(source=str(given.data)), 0, Path())
    graph = build_graph(split.train, device)
    costs = {spec.words(): cost(spec, graph) for spec in SPECS}
    n_users = len(np.unique(split.valid.user))
    table = Table("candidate", "fit, CPU s", "score, CPU ms a user", f"all {n_users:,} users, CPU s")
    for words, (fit_s, score_s) in costs.items():
        table.add_row(words, f"{fit_s:.1f}", f"{1000 * score_s:.2f}", f"{score_s * n_users:.0f}")
    console.print(table)
    accuracy = compared(split.train, split.valid, given.items, device)
    table = Table("item graph", "way", "recall@20", "ndcg@20", title=f"The {given.items:,} most popular items")
    for words, way, metrics in accuracy:
        table.add_row(words, way, f"{metrics['recall@20']:.4f}", f"{metrics['ndcg@20']:.4f}")
    console.print(table)
    common.write(given.out, {"machine": common.machine(device), "costs": costs, "accuracy": accuracy})


def cost(spec: Propagation, graph: Graph) -> tuple[float, float]:
    """CPU seconds to fit, and to score a user."""
    started = time.process_time()
    model = spec.build(graph)
    fit_s = time.process_time() - started
    model.score(torch.arange(USERS, device=graph.device))
    started = time.process_time()
    model.score(torch.arange(USERS, 2 * USERS, device=graph.device))
    return fit_s, (time.process_time() - started) / USERS


def compared(
    train: Interactions, valid: Interactions, n_items: int, device: torch.device
) -> list[tuple[str, str, dict[str, float]]]:
    """The item graphs of `SPECS` on the most popular items, solved in each of `WAYS`."""
    popular = np.argsort(-np.bincount(train.item, minlength=train.n_items), kind="stable")[:n_items]
    number_I = np.full(train.n_items, -1)
    number_I[popular] = np.arange(len(popular))
    few = [among(part, number_I, len(popular)) for part in (train, valid)]
    graph = build_graph(few[0], device)
    target = of_drawn_users(few[1], 4000, 0)
    evaluator = Evaluator(target, [few[0]], [20], seed=0, device=device, metrics=["recall", "ndcg"])
    graphs = [spec for spec in SPECS if isinstance(spec, ItemGraph)]
    return [(spec.words(), way, evaluator(fit(spec, graph)).metrics) for spec in graphs for way, fit in WAYS.items()]


def among(part: Interactions, number_I: np.ndarray, n_items: int) -> Interactions:
    """The interactions with items that have a new number."""
    item_E = number_I[part.item]
    return Interactions(part.user[item_E >= 0], item_E[item_E >= 0], part.n_users, n_items)
