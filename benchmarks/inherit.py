"""Whether candidates may inherit embeddings: do they rank as they do when each starts afresh, and what is saved?

The same candidates three times: from scratch on two seeds, whose agreement is the most that can be hoped for, and in a
row, each starting its embedding table from the best earlier one of the same size, as a search would do it.
"""

import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from scipy.stats import kendalltau

from benchmarks import common
from gnas.config.architecture import Architecture
from gnas.config.load import load_run_config
from gnas.config.run import TrainConfig
from gnas.evaluate.evaluator import Measure
from gnas.events import finish
from gnas.nn.model import Candidate, build
from gnas.rng import derive_seed, numpy_rng
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Prepared, prepare_run
from gnas.space.load import load_space
from gnas.train.loop import train

SPACE: dict[str, Any] = {
    "propagation": {
        "choice": {
            "none": {},
            "lightgcn": {
                "depth": {"int": [1, 3]},
                "norm": {"choice": ["sym", "left"]},
                "edge_dropout": {"choice": [0.0, 0.2]},
            },
        }
    },
    "dim": {"choice": [32, 64]},
    "loss": {"choice": {"bpr": {"negatives": {"choice": [1, 4]}}, "softmax": {"temperature": {"float": [0.05, 0.3]}}}},
    "lr": {"float": [3e-3, 5e-2], "log": True},
    "weight_decay": {"float": [1e-6, 1e-3], "log": True},
    "batch_size": 8192,
}


@dataclass(frozen=True)
class Trained:
    """The best validation value, after which epoch, epochs and seconds in all, and the embedding table."""

    value: float
    best_epoch: int
    epochs: int
    wall_s: float
    table_ND: torch.Tensor


def main(arguments: list[str]) -> None:
    """Print the agreement and write everything as JSON."""
    options = common.parser("inherit", __doc__ or "")
    options.set_defaults(threads=1)
    options.add_argument("--config", default="movielens-small", help="data and objective (default: movielens-small)")
    options.add_argument("--candidates", type=int, default=20, help="how many (default: 20)")
    options.add_argument("--epochs", type=int, default=30, help="ceiling (default: 30)")
    options.add_argument("--patience", type=int, default=5, help="evaluations without a better one (default: 5)")
    options.add_argument("--seed", type=int, default=0, help="of the candidates and their order (default: 0)")
    asked = options.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    device = torch.device(asked.device)
    prepared = finish(prepare_run(load_run_config(asked.config).config, device, Path.cwd()))
    evaluator, metric = validation_evaluator(prepared), prepared.config.main_metric
    ceilings = TrainConfig(epochs=asked.epochs, patience=asked.patience)
    space, rng = load_space(SPACE), numpy_rng(asked.seed, "inherit")
    rows: list[dict[str, Any]] = []
    best: dict[int, Trained] = {}
    for number in range(asked.candidates):
        architecture = space.draw(rng).architecture
        seeds = [derive_seed(asked.seed, "inherit", number, index) for index in range(3)]
        scratch = [_train(prepared, evaluator, architecture, seed, ceilings) for seed in seeds[:2]]
        known = best.get(architecture.dim)
        heir = _train(prepared, evaluator, architecture, seeds[2], ceilings, known)
        if known is None or heir.value > known.value:
            best[architecture.dim] = heir
        row = {"words": architecture.words, "dim": architecture.dim, "inherited": known is not None}
        for name, found in (("first", scratch[0]), ("second", scratch[1]), ("heir", heir)):
            row |= {f"{name}_{key}": getattr(found, key) for key in ("value", "best_epoch", "epochs", "wall_s")}
        rows.append(row)
        print(
            f"{number:3}  {row['words']}  {metric} {scratch[0].value:.4f} {scratch[1].value:.4f}  heir {heir.value:.4f}"
        )
        _write(asked, metric, device, rows)
    for name, value in _agreement(rows).items():
        print(f"{name:28} {value:.3f}")


def _write(asked: Namespace, metric: str, device: torch.device, rows: list[dict[str, Any]]) -> None:
    """What is known so far; an interrupted benchmark keeps it."""
    options = {name: str(value) if isinstance(value, Path) else value for name, value in vars(asked).items()}
    result: dict[str, Any] = {"machine": common.machine(device), "options": options, "metric": metric}
    common.write(asked.out, result | {"agreement": _agreement(rows), "candidates": rows})


def _train(
    prepared: Prepared,
    evaluator: Measure,
    architecture: Architecture,
    seed: int,
    ceilings: TrainConfig,
    parent: Trained | None = None,
) -> Trained:
    """Train, starting from the parent's embedding table where there is one."""
    objective, started = prepared.config.main_metric, time.perf_counter()
    model = build(architecture, prepared.graph, seed)
    assert isinstance(model, Candidate)
    if parent is not None:
        with torch.no_grad():
            model.embedding.copy_(parent.table_ND)
        model.refresh()
    *_, last = train(
        model, prepared.split.train, evaluator,
        seed=seed, objective=objective, options=ceilings,
    )  # fmt: skip
    wall_s = time.perf_counter() - started
    return Trained(last.best_value, last.best_index, last.index, wall_s, model.embedding.detach().clone())


def _agreement(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Kendall's tau between the orders, the change of value, and what was spent, over those that inherited."""
    rows = [row for row in rows if row["inherited"]]
    if len(rows) < 2:
        return {}
    first, second, heir = ([row[f"{name}_value"] for row in rows] for name in ("first", "second", "heir"))
    scratch = [fmean(pair) for pair in zip(first, second, strict=True)]
    return {
        "tau_scratch_scratch": float(kendalltau(first, second).statistic),
        "tau_heir_scratch": float(kendalltau(heir, scratch).statistic),
        "tau_heir_first": float(kendalltau(heir, first).statistic),
        "tau_heir_second": float(kendalltau(heir, second).statistic),
        "mean_gain": fmean(h - s for h, s in zip(heir, scratch, strict=True)),
        "epochs_scratch": fmean((row["first_epochs"] + row["second_epochs"]) / 2 for row in rows),
        "epochs_heir": fmean(row["heir_epochs"] for row in rows),
        "best_scratch": max(scratch),
        "best_heir": max(heir),
        "scratch_value_of_heirs_best": scratch[heir.index(max(heir))],
    }
