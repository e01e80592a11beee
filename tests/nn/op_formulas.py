"""Every operator written out with dense matrices over the nodes, from the same parameters."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import leaky_relu

from gnas.config.propagation import (
    GAT,
    GCN,
    GIN,
    NGCF,
    SAGE,
    Degrees,
    GATv2,
    GraphTransformer,
    Layered,
    LightGCN,
    Norm,
    PyG,
    degrees_of,
)

Weights = Mapping[str, Tensor]
Formula = Callable[[Any, Weights, Tensor, Tensor], Tensor]
"""(spec, parameters by name, links [N, N] of ones and zeros, x [N, D]) → [N, D]."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "relu": lambda x: x * (x > 0),
    "leaky_relu": lambda x: torch.where(x > 0, x, 0.2 * x),
    "elu": lambda x: torch.where(x > 0, x, x.exp() - 1),
    "gelu": lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))),
    "tanh": lambda x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


def normalized(links: Tensor, norm: Norm) -> Tensor:
    degree, of = links.sum(1), degrees_of(norm)
    into, out = (torch.where(degree > 0, (degree + of.shrink) ** -p, 0) for p in (of.into, of.out))
    return into[:, None] * links * out[None, :]


def lightgcn(spec: LightGCN, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    return normalized(links, spec.norm) @ x


def gcn(spec: GCN, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    looped = links + torch.eye(len(links)) if spec.self_loops else links
    out = normalized(looped, spec.norm) @ x
    if spec.linear:
        out = out @ w["linear.weight"].t() + w["linear.bias"]
    return ACTIVATIONS[spec.activation](out)


def ngcf(spec: NGCF, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    weight = normalized(links, spec.norm)
    out = x @ w["sum.weight"].t() + w["sum.bias"]
    for v in range(len(x)):
        message = sum(
            weight[v, u] * (x[u] @ w["sum.weight"].t() + (x[u] * x[v]) @ w["product.weight"].t()) for u in range(len(x))
        )
        out = out + torch.eye(len(x))[:, v : v + 1] * message
    return ACTIVATIONS[spec.activation](out)


def sage(spec: SAGE, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    if spec.aggregate == "max":
        largest = torch.where(links[:, :, None] > 0, x[None], -torch.inf).amax(1)
        near = torch.where(links.sum(1, keepdim=True) > 0, largest, 0)
    else:
        near = (normalized(links, 0.0) if spec.aggregate == "mean" else links) @ x
    if not spec.linear:
        return ACTIVATIONS[spec.activation](x + near)
    return ACTIVATIONS[spec.activation](x @ w["own.weight"].t() + near @ w["near.weight"].t() + w["near.bias"])


def gin(spec: GIN, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    mixed = (1 + w["epsilon"]) * x + normalized(links, spec.norm) @ x
    inner = ACTIVATIONS[spec.activation](mixed @ w["inner.weight"].t() + w["inner.bias"])
    return inner @ w["outer.weight"].t() + w["outer.bias"]


def attended(logit: Tensor, links: Tensor, value: Tensor) -> Tensor:
    share = torch.where(links > 0, logit, -torch.inf).softmax(1)
    return torch.where(links.sum(1, keepdim=True) > 0, share.nan_to_num() @ value, 0)


def heads(x: Tensor, n: int) -> list[Tensor]:
    return list(x.chunk(n, dim=1))


def gat(spec: GAT, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    looped, value = links + torch.eye(len(links)), x @ w["linear.weight"].t() if spec.linear else x
    parts = [
        attended(leaky_relu((v @ w["target"][h])[:, None] + (v @ w["source"][h])[None], 0.2), looped, v)
        for h, v in enumerate(heads(value, spec.heads))
    ]
    return ACTIVATIONS[spec.activation](torch.cat(parts, 1) + (w["bias"] if spec.linear else 0))


def gatv2(spec: GATv2, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    looped = links + torch.eye(len(links))
    source = x @ w["source.weight"].t() + w["source.bias"] if spec.linear else x
    target = x @ w["target.weight"].t() + w["target.bias"] if spec.linear else x
    parts = [
        attended(leaky_relu(t[:, None] + s[None], 0.2) @ w["weight"][h], looped, s)
        for h, (t, s) in enumerate(zip(heads(target, spec.heads), heads(source, spec.heads), strict=True))
    ]
    return ACTIVATIONS[spec.activation](torch.cat(parts, 1) + (w["bias"] if spec.linear else 0))


def transformer(spec: GraphTransformer, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    query, key, value, own = (x @ w[f"{n}.weight"].t() + w[f"{n}.bias"] for n in ("query", "key", "value", "own"))
    triples = zip(*(heads(part, spec.heads) for part in (query, key, value)), strict=True)
    parts = [attended(q @ k.t() / math.sqrt(q.shape[1]), links, v) for q, k, v in triples]
    return ACTIVATIONS[spec.activation](own + torch.cat(parts, 1))


def pyg(spec: PyG, w: Weights, links: Tensor, x: Tensor) -> Tensor:
    looped, near = normalized(links + torch.eye(len(links)), 0.5), normalized(links, 0.5)
    if spec.layer == "LGConv":
        out = near @ x
    elif spec.layer == "GCNConv":
        out = looped @ x @ w["conv.lin.weight"].t() + w["conv.bias"]
    elif spec.layer == "SGConv":
        out = torch.linalg.matrix_power(looped, 3) @ x @ w["conv.lin.weight"].t() + w["conv.lin.bias"]
    else:
        hops = [torch.linalg.matrix_power(near, k) @ x @ w[f"conv.lins.{k}.weight"].t() for k in range(3)]
        out = torch.stack(hops).sum(0) + w["conv.bias"]
    return ACTIVATIONS[spec.activation](out)


@dataclass(frozen=True)
class Case:
    """One way to set an operator, and what it must compute."""

    spec: Layered
    formula: Formula

    def __str__(self) -> str:
        written = self.spec.model_dump(exclude_defaults=True)
        parts = (str(value) if isinstance(value, dict) else f"{name}={value}" for name, value in written.items())
        return "-".join([self.spec.kind, *parts])


CASES = [
    *(Case(LightGCN(norm=norm), lightgcn) for norm in ("sym", "left", "right", "root", 0.3)),
    Case(LightGCN(norm=Degrees(into=0.6, out=-0.1)), lightgcn),
    Case(GCN(norm=Degrees(into=0.4, out=0.4, shrink=1.5)), gcn),
    Case(GCN(), gcn),
    Case(GCN(norm="left", self_loops=False, activation="tanh"), gcn),
    Case(GCN(norm=0.7, linear=False, activation="elu"), gcn),
    Case(NGCF(), ngcf),
    Case(NGCF(norm="left", activation="sigmoid"), ngcf),
    Case(SAGE(), sage),
    Case(SAGE(aggregate="max", activation="gelu"), sage),
    Case(SAGE(aggregate="sum"), sage),
    Case(SAGE(aggregate="max", linear=False), sage),
    Case(GIN(), gin),
    Case(GIN(norm="sym", activation="gelu"), gin),
    Case(GAT(), gat),
    Case(GAT(heads=2, activation="elu"), gat),
    Case(GAT(heads=4, linear=False), gat),
    Case(GATv2(), gatv2),
    Case(GATv2(heads=2, activation="relu"), gatv2),
    Case(GATv2(heads=4, linear=False), gatv2),
    Case(GraphTransformer(), transformer),
    Case(GraphTransformer(heads=2, activation="leaky_relu"), transformer),
    Case(PyG(layer="LGConv"), pyg),
    Case(PyG(layer="GCNConv", activation="tanh"), pyg),
    Case(PyG(layer="SGConv", args={"K": 3}), pyg),
    Case(PyG(layer="TAGConv", args={"K": 2}), pyg),
]
