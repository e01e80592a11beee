"""A search for two objectives with real trainings, against all candidates trained one by one without the search."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.data.prepare import prepare
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import build_graph
from gnas.nn.model import build
from gnas.rng import derive_seed
from gnas.run.search import search
from gnas.train.loop import train

CPU = torch.device("cpu")
PROPAGATIONS: list[dict[str, Any]] = [
    {"none": {}},
    {"lightgcn": {"depth": 1}},
    {"lightgcn": {"depth": 2}},
    {"spectral": {"rank": 8}},
]
DIMS = [4, 8, 16]
LOSSES = ["bpr", "all-pairs"]
FIXED = {"lr": 0.05, "batch_size": 256, "epochs": 4, "patience": 4}
SPACE = {
    "propagation": {
        "choice": {"none": {}, "lightgcn": {"depth": {"int": [1, 2]}}, "spectral": {"rank": {"choice": [8]}}}
    },
    "dim": {"choice": DIMS},
    "loss": {"choice": LOSSES},
    **FIXED,
}
CANDIDATES = 3 * len(DIMS) * len(LOSSES) + 1
"""The closed form has neither a dimension nor a loss."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config(sampler: str) -> RunConfig:
    world = {"users": 60, "items": 40, "interactions_per_user": 10, "blocks": 4}
    search = {"sampler": sampler, "pruner": "none", "trials": 100, "objective": ["ndcg@20", "parameters"]}
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "synthetic": world},
            "search": {**search, "confirm": {"top": 0}, "baselines": False},
            "evaluate": {"cutoffs": [20]},
            "seed": 3,
        }
    )


def everything(chosen: RunConfig) -> dict[str, tuple[float, int]]:
    """The best NDCG@20 and the number of learned values of every candidate, by its identity."""
    split = prepare(chosen.data, chosen.seed, Path())
    graph = build_graph(split.train, CPU)
    evaluator = Evaluator(split.valid, [split.train], [20], chosen.seed, CPU)
    found: dict[str, tuple[float, int]] = {}
    for propagation, dim, loss in product(PROPAGATIONS, DIMS, LOSSES):
        tree = {"propagation": propagation, "dim": dim, "loss": {loss: {}}, **FIXED}
        architecture = Architecture.model_validate(tree)
        name = architecture.identity
        if name in found:
            continue
        seed = derive_seed(chosen.seed, "trial", name)
        model = build(architecture, graph, seed)
        epochs = train(model, split.train, evaluator, seed=seed, objective="ndcg@20", options=chosen.train)
        best = max(epoch.metrics["ndcg@20"] for epoch in epochs)
        tensors = model.parameters() if isinstance(model, torch.nn.Module) else []
        found[name] = (best, sum(tensor.numel() for tensor in tensors))
    return found


@pytest.mark.parametrize("sampler", ["grid", "nsga2"])
def test_the_saved_front_is_that_of_all_candidates(sampler: str, tmp_path: Path) -> None:
    chosen = config(sampler)
    run = search(chosen, space=SPACE, device="cpu", out=tmp_path / "run")
    measured = everything(chosen)
    assert len(measured) == CANDIDATES
    expected = {
        name: point
        for name, point in measured.items()
        if not any(v >= point[0] and s <= point[1] and (v, s) != point for v, s in measured.values())
    }
    assert 2 <= len(expected) < CANDIDATES
    saved = json.loads((run.path / "pareto.json").read_text())["front"]
    assert {row["identity"]: (row["values"]["ndcg@20"], row["values"]["parameters"]) for row in saved} == expected
