"""The GPU computes what the CPU computes, which other tests compare with dense formulas."""

from typing import Any

import numpy as np
import pytest
import torch

from gnas.baselines import BASELINES
from gnas.config.architecture import Trained
from gnas.evaluate.evaluator import Evaluator, usual_metrics
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.step import build_step
from tests.gpu.gpu_world import PARTS, Pair, architecture, given, random_interactions

CUDA = torch.device("cuda")
CLOSED: dict[str, dict[str, Any]] = {
    "item graph": {"item_graph": {"l2": 20.0, "user_norm": 0.2, "item_norm": 0.3}},
    "item graph, dropout": {"item_graph": {"l2": 50.0, "dropout": 0.3}},
    "gf-cf": {"spectral": {"rank": 16}},
    "ridge": {"spectral": {"response": "ridge", "order": 6, "rank": 16, "user_norm": 0.3, "item_norm": 0.4}},
    "plateau": {"spectral": {"response": "plateau", "order": 8, "ideal": 0.0}},
    "als": {"als": {"rank": 16, "sweeps": 6}},
}


def on_both(spec: Trained, pair: Pair) -> tuple[Candidate, Candidate]:
    """The model on the CPU and on the GPU, every parameter away from its start."""
    features = given(spec, pair.train)
    ours, theirs = (build(spec, graph, 0, None, features) for graph in (pair.cpu, pair.gpu))
    assert isinstance(ours, Candidate)
    assert isinstance(theirs, Candidate)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch_rng("cpu", parameter.numel())) * 0.1)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize(
    "parts", [parts for name, parts in PARTS.items() if name.startswith(("op", "scorer", "features"))], ids=str
)
def test_propagation_and_its_gradient(parts: dict[str, Any], pair: Pair) -> None:
    models = on_both(architecture(**parts), pair)
    found = []
    for model in models:
        final = model.propagate(False).final
        weight = torch.randn(final.shape, generator=torch_rng("cpu", 3)).to(final.device)
        gradients = torch.autograd.grad((final * weight).sum(), list(model.parameters()), allow_unused=True)
        scores = model.score(torch.arange(20, device=final.device))
        found.append([t.cpu() for t in (final.detach(), scores, *gradients) if t is not None])
    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("loss", ["all-pairs", {"all-pairs": {"popularity": 0.5}}], ids=str)
def test_a_loss_without_draws(loss: Any, pair: Pair) -> None:
    spec = architecture(loss=loss)
    values = []
    for model, graph in zip(on_both(spec, pair), (pair.cpu, pair.gpu), strict=True):
        known, generator = positives(graph), torch_rng(graph.device, 0)
        batch = next(epoch_batches(pairs_of(pair.train, graph, spec), known, graph, spec, generator))
        loss_value = build_step(model, known)(batch, generator)
        loss_value.backward()
        assert model.embedding.grad is not None
        values.append([loss_value.detach().cpu(), model.embedding.grad.cpu()])
    torch.testing.assert_close(values[1], values[0], rtol=1e-3, atol=1e-5)


def scores_of(recommender: Recommender, device: torch.device) -> torch.Tensor:
    return recommender.score(torch.arange(recommender.n_users, device=device)).cpu()


@pytest.mark.parametrize("propagation", CLOSED.values(), ids=CLOSED)
def test_closed_forms(propagation: dict[str, Any], pair: Pair) -> None:
    spec = Trained.model_validate({"propagation": propagation})
    ours, theirs = scores_of(build(spec, pair.cpu, 0), pair.cpu.device), scores_of(build(spec, pair.gpu, 0), CUDA)
    torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-3 * float(ours.abs().max()))


@pytest.mark.parametrize("name", list(BASELINES))
def test_baselines(name: str, pair: Pair) -> None:
    settings = {"neighbours": pair.cpu.n_items} if name == "item-knn" else {}  # else ties decide who is a neighbour
    ours = scores_of(BASELINES[name].fit(pair.cpu, **settings), pair.cpu.device)
    theirs = scores_of(BASELINES[name].fit(pair.gpu, **settings), CUDA)
    torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-3 * float(ours.abs().max()))


def test_every_metric_of_one_ranking(pair: Pair) -> None:
    target = random_interactions(1, n=2000)
    spec = Trained.model_validate({"propagation": {"item_graph": {}}})
    found = []
    for graph in (pair.cpu, pair.gpu):
        evaluator = Evaluator(
            target, pair.train, [5, 20], 0, graph.device, metrics=[*usual_metrics(), "auc", "diversity"]
        )
        found.append(evaluator(build(spec, graph, 0)))
    assert set(found[0].metrics) == set(found[1].metrics)
    for name, value in found[0].metrics.items():
        assert found[1].metrics[name] == pytest.approx(value, abs=2e-3), name
    np.testing.assert_array_equal(found[0].users, found[1].users)
