"""How well a draw of the validation users ranks candidates: Kendall's τ with all of them, by the size of the draw."""

import itertools

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import kendalltau

from benchmarks import common
from gnas.config.architecture import Architecture, Trained
from gnas.config.closed_forms import ALS, ItemGraph, Spectral
from gnas.config.data import SplitConfig
from gnas.config.losses import AllPairs
from gnas.config.propagation import LightGCN, NoPropagation
from gnas.config.run import TrainConfig
from gnas.data.split import VALID, split_parts
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import build_graph
from gnas.nn.model import build
from gnas.train.loop import train

METRIC = "ndcg@20"
SIZES = (500, 1000, 2000, 5000, 10_000, 20_000)
DRAWS = 200


def candidates() -> list[Architecture]:
    """Near equals of four families, as a search meets them late, and some trained for a few epochs."""
    norms = list(itertools.product((0.1, 0.25), repeat=2))
    closed = [ItemGraph(l2=40.0, dropout=0.2, user_norm=user, item_norm=item) for user, item in norms]
    closed += [Spectral(rank=64, ideal=0.3, user_norm=user, item_norm=item) for user, item in norms]
    factors = [ALS(rank=64, unobserved=weight, l2=l2) for weight in (0.03, 0.1) for l2 in (3.0, 5.0)]
    shared = {"dim": 64, "lr": 0.03, "weight_decay": 0.2, "batch_size": "full", "epochs": 4}
    trained = [
        Architecture.model_validate({"propagation": propagation, "loss": AllPairs(negative_weight=weight), **shared})
        for propagation in (NoPropagation(), LightGCN(depth=1))
        for weight in (0.1, 0.3)
    ]
    return [*(Trained(propagation=propagation) for propagation in (*closed, *factors)), *trained]


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("validation-users", __doc__.splitlines()[0])
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device, console = torch.device(given.device), Console(width=110)
    whole = common.interactions(given.data)
    held = split_parts(whole, SplitConfig(kind="random", valid=0.1, test=0.0), 0) == VALID
    taken = whole.take(~held)
    graph = build_graph(taken, device)
    evaluator = Evaluator(whole.take(held), [taken], [20], seed=0, device=device)
    rows = []
    for architecture in candidates():
        model = build(architecture, graph, 0)
        options_of = TrainConfig(epochs=architecture.epochs, evaluate_every=architecture.epochs)
        if architecture.trained:
            for _ in train(model, taken, evaluator, seed=0, objective=METRIC, options=options_of):
                pass
        rows.append(evaluator(model).per_user[METRIC])
    value_CU = np.array(rows)
    full_C = value_CU.mean(1)
    top = np.argsort(-full_C)[: len(full_C) // 3]
    rng, found = np.random.default_rng(0), []
    for size in (size for size in SIZES if size < value_CU.shape[1]):
        draws = [rng.choice(value_CU.shape[1], size, replace=False) for _ in range(DRAWS)]
        means = [value_CU[:, users].mean(1) for users in draws]
        lost = [1 - full_C[mean_C.argmax()] / full_C.max() for mean_C in means]
        found.append(
            {
                "users": size,
                "tau": float(np.mean([kendalltau(mean_C, full_C).statistic for mean_C in means])),
                "tau_top": float(np.mean([kendalltau(mean_C[top], full_C[top]).statistic for mean_C in means])),
                "lost": float(np.mean(lost)),
            }
        )
    made = Table(title=f"{len(full_C)} candidates, {value_CU.shape[1]:,} validation users, {DRAWS} draws of each size")
    for heading in ("users", "τ of all", "τ of the best third", "lost by taking the draw's best"):
        made.add_column(heading, justify="right")
    for row in found:
        made.add_row(f"{row['users']:,}", f"{row['tau']:.3f}", f"{row['tau_top']:.3f}", f"{row['lost']:.2%}")
    console.print(made)
    result = {"machine": common.machine(device), "data": str(given.data or "synthetic"), "sizes": found}
    common.write(given.out, result | {"values": full_C.tolist()})
    console.print(f"written to {given.out}")
