"""Searches on a GPU, as a user would type them."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.run import TrainConfig
from gnas.errors import TrialFailed
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import build_graph
from gnas.nn.model import build
from gnas.train.loop import train
from tests.gpu.gpu_world import Pair, architecture, random_interactions

SPACE = """\
propagation: {choice: {none: {}, lightgcn: {depth: {int: [1, 2]}}, spectral: {}, als: {rank: 8}}}
dim: {choice: [8, 16]}
loss: {choice: {bpr: {}, softmax: {negatives: 32}, all-pairs: {}}}
lr: {float: [5e-3, 5e-2], log: true}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    taken = random_interactions(0)
    path = tmp_path / "taken.csv"
    pl.DataFrame({"user": taken.user, "item": taken.item}).write_csv(path)
    (tmp_path / "space.yaml").write_text(SPACE)
    return path


def gnas(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gnas", *map(str, words)], env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("workers", [1, 2])
def test_a_search_and_what_follows(workers: int, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    gnas(
        "search", "--data", data, "--space", tmp_path / "space.yaml", "--trials", 10, "--out", run, "--device", "cuda",
        "--set", "train.epochs=5", "--workers", workers, "--set", f"search.workers_per_gpu={workers}",
    )  # fmt: skip
    trials = pl.read_parquet(run / "trials.parquet")
    assert len(trials) == 10
    assert set(trials["state"]) <= {"complete", "pruned"}, trials["reason"].to_list()
    assert "NVIDIA" in (run / "environment.json").read_text()
    found = json.loads(gnas("evaluate", run, "--device", "cuda", "--json"))
    there = found["metrics"]["ndcg@20"]["value"]
    assert 0 < there < 1
    on_cpu = json.loads(gnas("evaluate", run, "--device", "cpu", "--json"))
    assert on_cpu["metrics"]["ndcg@20"]["value"] == pytest.approx(there, abs=2e-3)
    assert len(gnas("recommend", run, "--user", "1", "-k", "3").splitlines()) >= 3


def test_memory_that_runs_out_is_a_failure_and_is_freed() -> None:
    """With a limit between the needs of half the batch and the whole: the whole fails, then half of it succeeds."""
    taken = random_interactions(0, 60_000, 3000, 120_000)
    device = torch.device("cuda")
    graph = build_graph(taken, device)
    evaluator = Evaluator(random_interactions(1, 60_000, 3000, 500), taken, [10], 0, device, memory_mib=16)

    def epoch(batch_size: int) -> int:
        """The most memory that an epoch holds."""
        softmax = {"softmax": {"negatives": 2048, "temperature": 0.5}}
        spec = architecture(loss=softmax, batch_size=batch_size, epochs=1)
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        model = build(spec, graph, 0)
        options: dict[str, Any] = {"seed": 0, "objective": "ndcg@10", "options": TrainConfig()}
        assert len(list(train(model, taken, evaluator, **options))) == 1
        return torch.cuda.max_memory_reserved()

    whole, half = epoch(32_768), epoch(16_384)
    assert half < 0.8 * whole
    total = torch.cuda.get_device_properties(0).total_memory
    try:
        torch.cuda.set_per_process_memory_fraction((whole + half) / 2 / total)
        with pytest.raises(TrialFailed, match="out of memory"):
            epoch(32_768)
        assert epoch(16_384) <= (whole + half) / 2
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_training_on_neighbourhoods_learns_there_too(pair: Pair) -> None:
    spec = Architecture.model_validate({"propagation": {"lightgcn": {"depth": 2}}, "dim": 32, "lr": 0.02, "epochs": 8})
    evaluator = Evaluator(pair.train, [], [10], 0, pair.gpu.device)
    best = []
    for fanout in (None, 5):
        options = TrainConfig(fanout=fanout)
        model = build(spec, pair.gpu, 0)
        *_, last = train(model, pair.train, evaluator, seed=0, objective="ndcg@10", options=options)
        best.append(last.best_value)
    assert best[1] > 0.8 * best[0] > 0
