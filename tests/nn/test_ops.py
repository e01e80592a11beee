"""Every operator equals its dense formula, in values and in gradients, and the layer of PyG that computes the same."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gnas.config.named import ACTIVATIONS
from gnas.config.propagation import GAT, GCN, GIN, NGCF, PROPAGATIONS, SAGE, GATv2, GraphTransformer, Layered, LightGCN
from gnas.errors import ConfigError
from gnas.graph.relations.links import paired
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation as function_of
from gnas.nn.ops.convolutions import GINLayer
from gnas.nn.ops.layer import Layer
from tests.forms import OPERATORS, SOLVED
from tests.nn.op_formulas import ACTIVATIONS as FORMULAS
from tests.nn.op_formulas import CASES, Case
from tests.nn.small_world import DIM, links, normal, rng, small_graph, stir

with warnings.catch_warnings():  # it compiles with torch.jit, which warns that it is deprecated
    warnings.simplefilter("ignore")
    from torch_geometric import nn as pyg

ELSEWHERE = {"none", "mixed", *SOLVED}
"""Propagations that are no operator: the stack's and the closed forms' own tests cover them."""


def _unused(spec: Layered, weights: object, links: Tensor, x: Tensor) -> Tensor:
    raise NotImplementedError


def layer_of(spec: Layered) -> Layer:
    layer: Layer = spec.build(DIM, rng())
    stir(layer)
    return layer


def edges(layer: Layer, factor: Tensor | None = None) -> SparseMatrix:
    """What the layer asks for; with a `factor` for each interaction."""
    matrix = small_graph().interactions.adjacency(*layer.weighing)
    return matrix if factor is None else matrix.reweighted(factor)


def gradients(out: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    return list(torch.autograd.grad((out * normal(*out.shape, seed=9)).sum(), inputs))


def test_every_propagation_has_a_case() -> None:
    covered = {case.spec.kind for case in CASES}
    assert covered | ELSEWHERE == set(PROPAGATIONS)
    assert covered == set(OPERATORS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dense_formula(case: Case) -> None:
    layer, x = layer_of(case.spec), normal(7, DIM, seed=1).requires_grad_()
    names, values = zip(*layer.named_parameters(), strict=True) if list(layer.parameters()) else ((), ())
    ours = layer(x, edges(layer))
    theirs = case.formula(case.spec, dict(zip(names, values, strict=True)), links(), x)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    assert ours.isfinite().all()
    inputs = [x, *values]
    torch.testing.assert_close(gradients(ours, inputs), gradients(theirs, inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_any_operator_runs_on_any_relation(case: Case) -> None:
    """On links among the items, of which users are no part."""
    relation = paired("parts of a set", "items", np.array([[0, 1], [1, 2]]), small_graph())
    near = torch.zeros(7, 7)
    near[4, 5] = near[5, 4] = near[5, 6] = near[6, 5] = 1
    layer, x = layer_of(case.spec), normal(7, DIM, seed=1)
    theirs = case.formula(case.spec, dict(layer.named_parameters()), near, x)
    torch.testing.assert_close(layer(x, relation.adjacency(*layer.weighing)), theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "spec", [GAT(heads=2), GATv2(heads=2), GraphTransformer(heads=2), SAGE(aggregate="max")], ids=lambda s: str(s.kind)
)
def test_dropped_edges_are_not_there(spec: Layered) -> None:
    formula = next(case.formula for case in CASES if case.spec.kind == spec.kind)
    layer, x = layer_of(spec), normal(7, DIM, seed=1).requires_grad_()
    kept = [True, False, False, False, True, True, False]  # user 1 and item 2 lose all neighbours
    ours = layer(x, edges(layer, torch.tensor(kept).float() * 2))
    weights = dict(layer.named_parameters())
    theirs = formula(spec, weights, links(kept), x)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    inputs = [x, *weights.values()]
    torch.testing.assert_close(gradients(ours, inputs), gradients(theirs, inputs), rtol=1e-4, atol=1e-5)


LINEAR: list[Layered] = [LightGCN(), GCN(), NGCF(activation="identity"), SAGE(), SAGE(aggregate="sum")]


@pytest.mark.parametrize("spec", LINEAR, ids=lambda spec: str(Case(spec, _unused)))
def test_edge_factors_scale_each_interaction(spec: Layered) -> None:
    layer, x = layer_of(spec), normal(7, DIM)
    none = layer(x, edges(layer, torch.zeros(7)))
    parts = [layer(x, edges(layer, torch.eye(7)[k])) - none for k in range(7)]
    factor = torch.tensor([0.0, 2.0, 1.0, 0.5, 3.0, 0.0, 1.0])
    total = none + sum(f * part for f, part in zip(factor, parts, strict=True))
    torch.testing.assert_close(layer(x, edges(layer, factor)), total, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(layer(x, edges(layer, torch.ones(7))), layer(x, edges(layer)), rtol=1e-5, atol=1e-6)


def test_edge_factors_reach_gin() -> None:
    layer, x = layer_of(GIN()), normal(7, DIM)
    assert isinstance(layer, GINLayer)
    torch.testing.assert_close(layer(x, edges(layer, torch.ones(7))), layer(x, edges(layer)))
    alone = layer(x, edges(layer, torch.zeros(7)))
    torch.testing.assert_close(alone, layer.outer(layer.inner((1 + layer.epsilon) * x).relu()))


def edge_index() -> Tensor:
    return links().nonzero().t().flip(0)  # from source to target


def pyg_gcn(layer: Any) -> nn.Module:
    conv = pyg.GCNConv(DIM, DIM)
    return filled(conv, {"lin.weight": layer.linear.weight, "bias": layer.linear.bias})


def pyg_sage(aggregate: str) -> Callable[[Any], nn.Module]:
    def build(layer: Any) -> nn.Module:
        near = {"lin_l.weight": layer.near.weight, "lin_l.bias": layer.near.bias}
        return filled(pyg.SAGEConv(DIM, DIM, aggr=aggregate), {**near, "lin_r.weight": layer.own.weight})

    return build


def pyg_gin(layer: Any) -> nn.Module:
    mlp = nn.Sequential(nn.Linear(DIM, DIM), nn.ReLU(), nn.Linear(DIM, DIM))
    parts = {f"nn.{k}.{n}": getattr(part, n) for k, part in ((0, layer.inner), (2, layer.outer)) for n in PARTS}
    return filled(pyg.GINConv(mlp, train_eps=True, aggr="mean"), {**parts, "eps": layer.epsilon})


def pyg_gat(layer: Any) -> nn.Module:
    conv = pyg.GATConv(DIM, DIM // 2, heads=2)
    vectors = {"att_src": layer.source[None], "att_dst": layer.target[None]}
    return filled(conv, {**vectors, "lin.weight": layer.linear.weight, "bias": layer.bias})


def pyg_gatv2(layer: Any) -> nn.Module:
    conv = pyg.GATv2Conv(DIM, DIM // 2, heads=2)
    maps = {f"lin_{k}.{n}": getattr(part, n) for k, part in (("l", layer.source), ("r", layer.target)) for n in PARTS}
    return filled(conv, {**maps, "att": layer.weight[None], "bias": layer.bias})


def pyg_transformer(layer: Any) -> nn.Module:
    conv = pyg.TransformerConv(DIM, DIM // 2, heads=2)
    maps = {"key": layer.key, "query": layer.query, "value": layer.value, "skip": layer.own}
    return filled(conv, {f"lin_{k}.{n}": getattr(part, n) for k, part in maps.items() for n in PARTS})


PARTS = ("weight", "bias")


def filled(conv: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    conv.load_state_dict({name: weight.detach() for name, weight in weights.items()})
    return conv


SAME: list[tuple[Layered, Callable[[Any], nn.Module]]] = [
    (LightGCN(), lambda _: pyg.LGConv()),
    (GCN(), pyg_gcn),
    (SAGE(), pyg_sage("mean")),
    (SAGE(aggregate="max"), pyg_sage("max")),
    (SAGE(aggregate="sum"), pyg_sage("sum")),
    (GIN(), pyg_gin),
    (GAT(heads=2), pyg_gat),
    (GATv2(heads=2), pyg_gatv2),
    (GraphTransformer(heads=2), pyg_transformer),
]


@pytest.mark.parametrize(("spec", "build"), SAME, ids=[str(Case(spec, _unused)) for spec, _ in SAME])
def test_pyg_computes_the_same(spec: Layered, build: Callable[[Any], nn.Module]) -> None:
    layer, x = layer_of(spec), normal(7, DIM, seed=1).requires_grad_()
    ours, theirs = layer(x, edges(layer)), build(layer)(x, edge_index())
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradients(ours, [x]), gradients(theirs, [x]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("spec", [GAT(heads=3), GATv2(heads=3), GraphTransformer(heads=3)], ids=lambda s: str(s.kind))
def test_heads_that_do_not_divide_the_dim(spec: Layered) -> None:
    with pytest.raises(ConfigError, match=f"propagation {spec.kind}: heads 3 does not divide dim 8"):
        layer_of(spec)


def test_activations() -> None:
    x = normal(50, seed=3)
    assert set(ACTIVATIONS) == set(FORMULAS)
    for name in ACTIVATIONS:
        torch.testing.assert_close(function_of(name)(x), FORMULAS[name](x))
