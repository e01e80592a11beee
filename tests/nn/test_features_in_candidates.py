"""Fusion against formulas, where features enter, and new items that are found by what they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture, Trained
from gnas.config.features import Features
from gnas.config.run import TrainConfig
from gnas.config.samplings import PopularitySampling
from gnas.data.interactions import Interactions
from gnas.errors import ConfigError, RunError
from gnas.evaluate.evaluator import Evaluation
from gnas.features.blocks import Block, FeatureSet
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.fusion import FeatureFusion, Projection
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng
from gnas.train.checkpoint import load_model, save_model
from gnas.train.loop import train

CPU = torch.device("cpu")
N, D = 6, 8
PRESENT = [np.array([1, 1, 0, 1, 1, 1], dtype=bool), np.array([1, 0, 0, 1, 1, 1], dtype=bool)]


def block(name: str, width: int, present: np.ndarray, seed: int) -> Block:
    values = np.random.default_rng(seed).standard_normal((len(present), width)) / np.sqrt(width)
    return Block(name, "test", np.where(present[:, None], values, 0).astype(np.float32), present, name)


def feature_set() -> FeatureSet:
    return FeatureSet({}, {"a": block("a", 5, PRESENT[0], 0), "b": block("b", 3, PRESENT[1], 1)})


def fusion(**values: Any) -> FeatureFusion:
    spec = Features.model_validate({"attributes": True, **values})
    return FeatureFusion(spec, feature_set(), D, 4, N, torch_rng("cpu", 0, "test"))


def dense(module: FeatureFusion, kind: str) -> np.ndarray:
    """The formulas of the docstring, row by row in NumPy."""
    side = module.items
    p = {name: value.detach().double().numpy() for name, value in side.named_parameters()}
    out = np.zeros((N, D))
    for n in range(N):
        h = []
        for m, one in enumerate(feature_set().items.values()):
            z = one.values[n].astype(float)
            h.append(p[f"projections.{m}.last_DH"] @ z if one.present[n] else p[f"projections.{m}.missing_D"])
        if kind == "sum":
            out[n] = (h[0] + h[1]) / np.sqrt(2)
        elif kind == "concat":
            out[n] = p["fused.mix_DMD"] @ np.concatenate(h)
        elif kind == "gated":
            gates = [1 / (1 + np.exp(-(h[m] @ p["fused.gate_MDD"][m] + p["fused.bias_MD"][m]))) for m in range(2)]
            out[n] = sum(2 * gates[m] * h[m] for m in range(2)) / np.sqrt(2)
        else:
            logits = np.array([np.tanh(h[m] @ p["fused.key_DD"]) @ p["fused.query_D"] for m in range(2)])
            weights = np.exp(logits) / np.exp(logits).sum()
            out[n] = np.sqrt(2) * (weights[0] * h[0] + weights[1] * h[1])
    return out


@pytest.mark.parametrize("kind", ["sum", "concat", "gated", "attention"])
def test_fusions_equal_their_formulas(kind: str) -> None:
    module = fusion(fusion=kind).eval()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "missing" in name or "bias" in name:
                parameter.normal_(generator=torch_rng("cpu", 1, name))
    out = module()
    assert out.shape == (4 + N, D)
    assert (out[:4] == 0).all()
    np.testing.assert_allclose(out[4:].detach().numpy(), dense(module, kind), atol=1e-5)
    torch.autograd.backward(out.square().sum())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_hidden_units() -> None:
    module = fusion(hidden=7, modality_dropout=0.0).eval()
    first = module.items.projections[0]
    assert isinstance(first, Projection)
    z = torch.from_numpy(feature_set().items["a"].values)
    with torch.no_grad():
        expected = torch.nn.functional.gelu(z @ first.first_Hd.T + first.bias_H) @ first.last_DH.T
        torch.testing.assert_close(first(0.0, None)[0], expected[0])


@pytest.mark.parametrize("hidden", [0, 64])
@pytest.mark.parametrize("kind", ["sum", "concat", "gated", "attention"])
def test_features_start_as_spread_as_ids(kind: str, hidden: int) -> None:
    """Whatever their number and length: entries of spread 0.1."""
    rows = np.ones(400, dtype=bool)
    blocks = FeatureSet({}, {str(k): block(str(k), width, rows, k) for k, width in enumerate((3, 40, 300))})
    spec = Features.model_validate({"attributes": True, "fusion": kind, "hidden": hidden})
    module = FeatureFusion(spec, blocks, 64, 0, 400, torch_rng("cpu", 0, "x"), std=0.1).eval()
    assert 0.06 < float(module().detach().std()) < 0.14


def test_dropped_readings_become_the_learned_vector() -> None:
    module = fusion(modality_dropout=0.5).train()
    first, _ = module.items.projections
    assert isinstance(first, Projection)
    with torch.no_grad():
        first.missing_D.fill_(9.0)
    seen = torch.stack([first(0.5, torch_rng("cpu", k, "d"))[0] for k in range(200)])
    dropped = (seen == 9).all(dim=1)
    assert 0.4 < float(dropped.float().mean()) < 0.6
    once, again = module(torch_rng("cpu", 3, "d")), module(torch_rng("cpu", 3, "d"))
    torch.testing.assert_close(once, again, rtol=0, atol=0)
    torch.testing.assert_close(module.eval()(torch_rng("cpu", 1, "d")), module(torch_rng("cpu", 2, "d")))


PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 3)]  # item 4 and 5, user 3: no interactions


def small_graph() -> Graph:
    user, item = np.array(PAIRS).T
    return build_graph(Interactions(user, item, 4, N), CPU)


def candidate(features: dict[str, Any], **values: Any) -> Candidate:
    tree = {"dim": D, "propagation": {"lightgcn": {"depth": 2}}, **values, "features": {"attributes": True, **features}}
    model = build(Architecture.model_validate(tree), small_graph(), 0, None, feature_set())
    assert isinstance(model, Candidate)
    return model


def test_early_features_are_propagated_and_new_items_have_no_id() -> None:
    model = candidate({})
    layers = model.propagate(training=False).layers
    features = model.entry.fusion.eval()() if model.entry else torch.empty(0)
    torch.testing.assert_close(layers[0][:4], model.embedding[:4])  # users have no features: their ids stand alone
    torch.testing.assert_close(layers[0][4:8], (model.embedding + features)[4:8])
    torch.testing.assert_close(layers[0][8:], features[8:])
    torch.testing.assert_close(model.layer0(), layers[0])


def test_new_items_pass_the_layers_as_they_are() -> None:
    model = candidate({})
    layers, final = model.propagate(training=False)
    for layer in layers[1:]:
        torch.testing.assert_close(layer[8:], layers[0][8:])
    torch.testing.assert_close(final[8:], layers[0][8:])  # the mean of three equal layers
    adjacency = small_graph().interactions.adjacency(0.5)
    linked = [0, 1, 2, 4, 5, 6, 7]
    torch.testing.assert_close(layers[1][linked], adjacency.matmul(layers[0])[linked])


def test_content_alone() -> None:
    model = candidate({"ids": False})
    layers = model.propagate(training=False).layers
    features = model.entry.fusion.eval()() if model.entry else torch.empty(0)
    torch.testing.assert_close(layers[0][4:], features[4:])
    torch.testing.assert_close(layers[0][:4], model.embedding[:4])


@pytest.mark.parametrize("combine", ["mean", "concat"])
def test_late_features_are_added_to_the_result(combine: str) -> None:
    model = candidate({"entry": "late"}, propagation={"lightgcn": {"depth": 2, "combine": combine}})
    layers, final = model.propagate(training=False)
    features = model.entry.fusion.eval()() if model.entry else torch.empty(0)
    torch.testing.assert_close(layers[0][:8], model.embedding[:8])
    without = model.stack.combine(layers) if model.stack.combine else torch.empty(0)
    torch.testing.assert_close(final, without + features)


def test_ids_are_dropped_where_there_are_features() -> None:
    model = candidate({"id_dropout": 0.5})
    shares = []
    for k in range(100):
        layer0 = model.propagate(True, torch_rng("cpu", k, "d")).layers[0]
        torch.testing.assert_close(layer0[:4], model.embedding[:4])
        features = model.entry.fusion() if model.entry else torch.empty(0)
        gone = ((layer0 - features)[4:8].abs() < 1e-6).all(dim=1)
        shares.append(float(gone.float().mean()))
    assert 0.4 < np.mean(shares) < 0.6


def test_a_candidate_without_features_is_untouched() -> None:
    plain = build(Trained(dim=D), small_graph(), 0)
    reading = build(Architecture.model_validate({"dim": D, "features": {"attributes": True}}), small_graph(), 0, None,
                    feature_set())  # fmt: skip
    assert isinstance(plain, Candidate)
    assert isinstance(reading, Candidate)
    torch.testing.assert_close(plain.embedding, reading.embedding, rtol=0, atol=0)
    assert plain.n_parameters + D * (5 + 3 + 2) == reading.n_parameters
    assert not [name for name in reading.state_dict() if "values" in name or "keep" in name or "lonely" in name]


def test_features_that_are_asked_for_must_be_given() -> None:
    with pytest.raises(ConfigError, match="the architecture reads features, but none were given"):
        build(Architecture.model_validate({"features": {"attributes": True}}), small_graph(), 0)


@pytest.mark.parametrize("sampling", ["uniform", {"popularity": {"exponent": 0.5}}, {"hard": {"candidates": 3}}])
def test_items_that_are_not_there_yet_are_never_negatives(sampling: Any) -> None:
    spec = Architecture.model_validate({"loss": {"bpr": {"sampling": sampling}}}).loss.sampling  # type: ignore[attr-defined]
    users, items = torch.arange(3).repeat(50), torch.zeros(150, dtype=torch.long)
    generator = torch_rng("cpu", 0, "n")

    def score(item_BK: torch.Tensor) -> torch.Tensor:
        return item_BK.float()

    for offer, highest in ((False, 3), (True, 3 if isinstance(spec, PopularitySampling) else 5)):
        sampler = spec.build(positives(small_graph(), offer))
        drawn = sampler.each(users, items, 4, score, generator).item_BK
        assert int(drawn.max()) == highest
        assert int(sampler.shared(items, 200, generator).max()) == highest


def test_new_items_are_found_by_what_they_are() -> None:
    """Four kinds of items, each liked by a quarter of the users; the last two of each kind are not in train."""
    rng = np.random.default_rng(0)
    n_users, n_items = 80, 64
    kind_U, kind_I = rng.permutation(np.arange(n_users) % 4), rng.permutation(np.arange(n_items) % 4)
    new_I = np.zeros(n_items, dtype=bool)
    for kind in range(4):
        new_I[np.flatnonzero(kind_I == kind)[-2:]] = True
    likes_UI = (kind_U[:, None] == kind_I[None, :]) & (rng.random((n_users, n_items)) < 0.7)
    user, item = np.nonzero(likes_UI & ~new_I)
    graph = build_graph(Interactions(user, item, n_users, n_items), CPU)
    values = np.eye(4, dtype=np.float32)[kind_I] - 0.25
    features = FeatureSet({}, {"attributes": Block("attributes", "test", values, np.ones(n_items, dtype=bool), "x")})

    def share_right(model: Any) -> float:
        """Of the two new items that score best, those of the user's kind."""
        scores = model.score(torch.arange(n_users)).numpy().copy()
        scores[user, item] = -np.inf
        best = np.argsort(-scores[:, new_I], axis=1)[:, :2]
        return float((kind_I[new_I][best] == kind_U[:, None]).mean())

    def measure(recommender: Recommender) -> Evaluation:
        return Evaluation({"hit@2": share_right(recommender)}, {}, np.arange(1))

    results = {}
    for name, spec in {"ids": {}, "features": {"attributes": True, "id_dropout": 0.3}}.items():
        architecture = Architecture.model_validate(
            {"dim": 16, "lr": 0.02, "batch_size": 512, "propagation": {"lightgcn": {"depth": 1}}, "features": spec}
        )
        model = build(architecture, graph, 0, None, features if spec else None)
        options = TrainConfig(epochs=15, evaluate_every=15)
        interactions = Interactions(user, item, n_users, n_items)
        list(train(model, interactions, measure, seed=0, objective="hit@2", options=options))
        results[name] = share_right(model)
    assert results["features"] > 0.95
    assert results["ids"] < 0.5  # chance is 0.25


def test_a_saved_model_is_bound_to_the_features_it_read(tmp_path: Path) -> None:
    architecture = Architecture.model_validate({"dim": D, "features": {"attributes": True, "fusion": "gated"}})
    model = build(architecture, small_graph(), 3, None, feature_set())
    save_model(tmp_path / "m.safetensors", model, "data")
    again = load_model(tmp_path / "m.safetensors", architecture, small_graph(), "data", feature_set())
    users = torch.arange(4)
    torch.testing.assert_close(again.score(users), model.score(users), rtol=0, atol=0)
    other = FeatureSet({}, {"a": block("a", 5, PRESENT[0], 0), "b": block("changed", 3, PRESENT[1], 1)})
    with pytest.raises(RunError, match="was trained with other features of users or items"):
        load_model(tmp_path / "m.safetensors", architecture, small_graph(), "data", other)
