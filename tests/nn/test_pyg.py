"""Convolutions of PyG as operators."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.propagation import GCN, LightGCN, PyG
from gnas.config.pyg import convolutions
from gnas.errors import ConfigError, TrialFailed
from gnas.nn.model import Candidate, build
from gnas.nn.ops.convolutions import GCNLayer, LightGCNLayer
from gnas.nn.ops.pyg import PyGLayer
from gnas.space.load import load_space
from tests.forms import trained
from tests.nn.small_world import DIM, links, normal, rng, small_graph
from tests.train.planted_worlds import blocks, learn

X = normal(7, DIM, seed=1)
EDGES = small_graph().interactions
DROPPED = torch.tensor([2.0, 0, 2, 2, 0, 2, 2])


def pyg(layer: str, **args: Any) -> PyG:
    return PyG(layer=layer, args=args)


def layer_of(spec: PyG, seed: int = 0) -> PyGLayer:
    return PyGLayer(spec, DIM, rng(seed))


def test_lgconv_is_lightgcn_on_every_relation() -> None:
    ours, theirs = LightGCNLayer(LightGCN(), DIM, rng()), layer_of(PyG(layer="LGConv"))
    torch.testing.assert_close(theirs(X, EDGES.adjacency()), ours(X, EDGES.adjacency(*ours.weighing)))
    assert theirs.reads_itself is ours.reads_itself is False
    assert layer_of(PyG(layer="GCNConv")).reads_itself


def test_gcnconv_is_gcn() -> None:
    ours, theirs = GCNLayer(GCN(activation="tanh"), DIM, rng()), layer_of(PyG(layer="GCNConv", activation="tanh"))
    assert ours.linear is not None
    theirs.conv.load_state_dict({"lin.weight": ours.linear.weight, "bias": ours.linear.bias})
    torch.testing.assert_close(theirs(X, EDGES.adjacency()), ours(X, EDGES.adjacency(*ours.weighing)))


def test_dropped_edges_are_not_there() -> None:
    layer = layer_of(PyG(layer="LGConv"))
    near = links([bool(kept) for kept in DROPPED])
    root = near.sum(1).clamp(min=1).rsqrt()
    expected = (root[:, None] * near * root) @ X
    torch.testing.assert_close(layer(X, EDGES.adjacency().reweighted(DROPPED)), expected)


def test_starting_values_follow_from_the_generator_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, again, other = (layer_of(pyg("GATv2Conv", heads=2), seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    for name, value in one.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert any(not torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_draws_of_a_convolution_are_its_own() -> None:
    spec = pyg("GATConv", dropout=0.5)
    before = torch.get_rng_state()
    one, again = (layer_of(spec).train() for _ in range(2))
    first, second = one(X, EDGES.adjacency()), one(X, EDGES.adjacency())
    assert torch.equal(before, torch.get_rng_state())
    torch.testing.assert_close(again(X, EDGES.adjacency()), first, rtol=0, atol=0)
    assert not torch.equal(first, second)
    torch.testing.assert_close(one.eval()(X, EDGES.adjacency()), again.eval()(X, EDGES.adjacency()))


@pytest.mark.parametrize(
    ("layer", "args", "sentence"),
    [
        ("TAGCon", {}, r"PyG has no convolution 'TAGCon' \(did you mean 'TAGConv'\?"),
        ("TAGConv", {"k": 2}, r"TAGConv of PyG takes no argument 'k' \(known: K, bias, normalize\)"),
        ("TAGConv", {"in_channels": 8}, "in_channels of TAGConv is the candidate's dim; leave it out of args"),
        ("TAGConv", {"K": "three"}, r"TAGConv of PyG with these args cannot be called with \(x, edge_index\): "),
        ("GCNConv", {"cached": True}, "cached of GCNConv keeps what it computed from the first embeddings and edges"),
        ("GINConv", {}, "GINConv of PyG needs nn in args; what nn is cannot be written there"),
        ("GatedGraphConv", {}, "GatedGraphConv of PyG needs num_layers in args"),
        ("PointNetConv", {}, r"PointNetConv of PyG is called with \(x, pos, edge_index\); only layers of"),
        ("SuperGATConv", {}, "SuperGATConv of PyG draws from Python's own stream, which no seed of gnas reaches"),
        ("MixHopConv", {}, r"turns embeddings \[5, 4\] into \[5, 12\]"),
    ],
)
def test_what_cannot_stand_in_an_architecture(layer: str, args: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        pyg(layer, **args)


def test_heads_share_the_dim() -> None:
    spec = pyg("TransformerConv", heads=3, beta=True)
    with pytest.raises(ConfigError, match="propagation pyg: heads 3 of TransformerConv does not divide dim 8"):
        layer_of(spec)
    summed = layer_of(pyg("TransformerConv", heads=3, concat=False))
    assert summed(X, EDGES.adjacency()).shape == X.shape


def usable() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for layer in convolutions():
        for args in ({}, {"K": 2}, {"num_layers": 2}, {"alpha": 0.1}, {"alpha": 0.1, "K": 2}):
            try:
                pyg(layer, **args)
            except ValueError:
                continue
            found.append((layer, args))
            break
    return found


def test_every_layer_of_pyg_that_is_accepted_works() -> None:
    layers = usable()
    assert len(layers) >= 25
    for layer, args in layers:
        made = layer_of(pyg(layer, **args)).eval()
        out = made(X, EDGES.adjacency())
        assert out.shape == X.shape, layer
        assert out.isfinite().all(), layer


def test_the_architecture_is_found_again_by_what_it_shows() -> None:
    tree = {"propagation": {"pyg": {"layer": "TAGConv", "args": {"K": 2}, "depth": 2}}}
    architecture, other = (
        Architecture.model_validate(one) for one in (tree, {"propagation": {"pyg": {"layer": "TAGConv"}}})
    )
    assert Architecture.model_validate(architecture.shown()).identity == architecture.identity != other.identity
    assert isinstance(build(architecture, small_graph(), 0), Candidate)


def test_words() -> None:
    tree = {"layer": "TAGConv", "args": {"K": 2, "normalize": False}, "activation": "relu"}
    assert PyG.model_validate(tree).words() == "pyg×2 (TAGConv, K 2, no normalize, relu)"


def test_a_search_over_the_arguments_of_tagconv() -> None:
    tree = {"layer": "TAGConv", "args": {"K": {"int": [1, 3]}, "normalize": True}, "depth": 1}
    space = load_space({"propagation": {"pyg": tree}, "dim": 16, "lr": 0.02})
    assert space.size().distinct == 3
    world, tried = blocks(), set()
    two = {"propagation.args.K": 2}
    for candidate in [space.candidate(two), *space.neighbours(two, np.random.default_rng(0))]:
        propagation = trained(candidate.architecture).propagation
        assert isinstance(propagation, PyG)
        tried.add(propagation.args["K"])
        _, epochs = learn(world, {"propagation": propagation.written(), "lr": 0.02})
        assert max(epoch.metrics["hit@1"] for epoch in epochs) >= 0.9
    assert tried == {1, 2, 3}


def test_arguments_may_hang_on_the_layer() -> None:
    args = {"K": {"int": [1, 2]}, "alpha": {"float": [0.1, 0.5], "when": {"propagation.layer": "APPNP"}}}
    space = load_space({"propagation": {"pyg": {"layer": {"choice": ["APPNP", "TAGConv"]}, "args": args}}})
    for seed in range(10):
        propagation = trained(space.draw(np.random.default_rng(seed)).architecture).propagation
        assert isinstance(propagation, PyG)
        assert ("alpha" in propagation.args) == (propagation.layer == "APPNP")


def test_a_wrong_argument_has_its_place_in_the_space() -> None:
    tree = {"layer": {"choice": ["TAGConv", "TAGCon"]}, "args": {"K": {"int": [1, 3]}}}
    with pytest.raises(ConfigError, match="'TAGCon' is refused in every combination tried: PyG has no convolution"):
        load_space({"propagation": {"pyg": tree}})
    with pytest.raises(ConfigError, match=r"propagation.pyg.args.K: neither a value nor a range"):
        load_space({"propagation": {"pyg": {"layer": "TAGConv", "args": {"K": {"itn": [1, 3]}}}}})


def test_pyg_needs_the_whole_graph() -> None:
    parts = {"propagation": {"pyg": {"layer": "LGConv"}}}
    with pytest.raises(TrialFailed, match="propagation pyg counts neighbours itself"):
        learn(blocks(), parts, max_memory=0.001)


def test_pyg_is_imported_on_use_alone() -> None:
    code = "import sys, gnas.run.search, gnas.nn.ops.pyg, gnas.graph.pyg; print('torch_geometric' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
