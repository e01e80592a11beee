"""Embeddings in host memory, some of them cached on the GPU: the training is that with all of them on it."""

import gc
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gnas.config.run import TrainConfig
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import build_graph
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.checkpoint import load_model, save_model
from gnas.train.loop import train
from gnas.train.plan import Plan, plan_for
from gnas.train.rows import Rows, SplitRows
from gnas.train.sampled import SampledSteps
from tests.gpu.gpu_world import Pair, architecture, random_interactions

SHARES = [0.0, 0.1, 1.0]
SPEC = architecture(propagation={"gcn": {"depth": 2}}, optimizer="adamw", weight_decay=0.1)


@pytest.mark.parametrize("share", SHARES)
def test_a_table_in_two_places_is_one_table_on_the_cpu(share: float) -> None:
    n, dim, generator = 1000, 16, torch_rng("cpu", 1)
    start = torch.randn(n, dim, generator=generator)
    one = Rows(start.clone(), 0.02, 0.3)
    cached_C = torch.randperm(n, generator=generator)[: round(share * n)]
    two = SplitRows(start.clone(), cached_C.cuda(), 0.02, 0.3)
    assert {two.host.table_ND.device.type, two.host.first_ND.device.type, two.host.second_ND.device.type} == {"cpu"}
    assert {two.cache.table_ND.device.type, two.cache.first_ND.device.type} == {"cuda"}
    for n_rows in (n, 1, 300, 0, 500, 20, 700):
        row_S = torch.randperm(n, generator=generator)[:n_rows]
        found = two.gather(row_S.cuda())
        assert found.device.type == "cuda"
        torch.testing.assert_close(found.cpu(), one.gather(row_S), rtol=1e-5, atol=1e-5)
        gradient_SD = torch.randn(n_rows, dim, generator=generator)
        one.update(row_S, gradient_SD)
        two.update(row_S.cuda(), gradient_SD.cuda())
    two.write_back()
    torch.testing.assert_close(two.host.table_ND, one.table_ND, rtol=1e-5, atol=1e-5)


def stepped(pair: Pair, n_cached: int | None) -> Candidate:
    """A model after three steps on neighbourhoods."""
    model, generator = build(SPEC, pair.gpu, 0), torch_rng(pair.gpu.device, 0, "train")
    assert isinstance(model, Candidate)
    known = positives(pair.gpu)
    steps = SampledSteps(model, known, Plan(5, n_cached), half=False)
    batches = epoch_batches(pairs_of(pair.train, pair.gpu, SPEC), known, pair.gpu, SPEC, generator)
    for _, batch in zip(range(3), batches, strict=False):
        steps(batch, generator)
    steps.write_back()
    return model


@pytest.mark.parametrize("share", SHARES)
def test_steps_are_those_with_the_table_on_the_gpu(share: float, pair: Pair) -> None:
    expected, found = stepped(pair, None), stepped(pair, round(share * pair.gpu.n_nodes))
    assert expected.embedding.device.type == "cuda"
    assert found.embedding.device.type == "cpu"
    for name, value in expected.state_dict().items():
        error = (found.state_dict()[name].to(value.device) - value).abs()
        assert float(error.mean()) < 1e-4, f"{name}: Adam makes whole steps of gradients that are zero but for rounding"


def test_what_lies_in_host_memory_is_scored_saved_and_differentiated(pair: Pair, tmp_path: Path) -> None:
    model = stepped(pair, 50)
    users = torch.arange(20, device=pair.gpu.device)
    scores = model.score(users)
    assert scores.device.type == "cuda"
    assert model.n_parameters == stepped(pair, None).n_parameters
    save_model(tmp_path / "model", model, "data")
    again = load_model(tmp_path / "model", SPEC, pair.gpu, "data")
    assert isinstance(again, Candidate)
    assert again.embedding.device.type == "cuda"
    torch.testing.assert_close(again.score(users), scores)
    model.propagate(True, torch_rng(pair.gpu.device, 0)).final.square().sum().backward()
    assert isinstance(model.embedding.grad, Tensor)
    assert model.embedding.grad.device.type == "cpu"


def test_the_memory_that_is_given_says_where_embeddings_lie() -> None:
    """300,000 nodes of 64 numbers: 13 tables for the whole graph, 7 with the embeddings on the GPU, 4 without."""
    taken, device = random_interactions(0, 200_000, 100_000, 300_000), torch.device("cuda")
    graph = build_graph(taken, device)
    held_out = random_interactions(1, 200_000, 100_000, 300)
    evaluator = Evaluator(held_out, taken, [10], 0, graph.device, memory_mib=16)
    spec = architecture(propagation={"lightgcn": {"depth": 2}}, dim=64)
    table_mib = graph.n_nodes * 64 * 4 / 2**20
    peaks, where = [], []
    for max_memory in (600.0, 400.0):
        plan = plan_for(spec, graph, max_memory, graph.device)
        assert plan is not None
        where.append(plan.n_cached is None)
        for counted in (False, True):  # matrices that are kept for all candidates are made in the first
            left = [False] * 10
            gc.collect()
            torch.cuda.empty_cache()
            model = build(spec, graph, 0)
            assert isinstance(model, Candidate)
            torch.cuda.reset_peak_memory_stats()
            epochs = train(
                model, taken, evaluator, seed=0, objective="ndcg@10",
                options=TrainConfig(max_memory=max_memory), halt=partial(_out_of, left),
            )  # fmt: skip
            assert len(list(epochs)) == 1
            assert model.embedding.device.type == ("cuda" if plan.n_cached is None else "cpu")
            if counted:
                peaks.append(torch.cuda.max_memory_allocated() / 2**20)
            del model, epochs
    assert where == [True, False]
    assert peaks[1] < peaks[0] - table_mib


def _out_of(left: list[bool]) -> bool:
    return not left or left.pop()
