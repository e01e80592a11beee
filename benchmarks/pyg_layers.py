"""The layers of PyG that do what ours do, on `edge_index`, each called with the embeddings alone."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from gnas.config.propagation import Layered
from gnas.graph.bipartite import Graph

with warnings.catch_warnings():  # it compiles with torch.jit, which warns that it is deprecated
    warnings.simplefilter("ignore")
    from torch_geometric import nn as pyg

Builder = Callable[[Any, int, Graph], nn.Module]


class On(nn.Module):
    """A convolution on fixed edges, with fixed weights where given."""

    def __init__(self, conv: nn.Module, edges: tuple[torch.Tensor, ...]) -> None:
        super().__init__()
        self.conv = conv
        self.edges = edges

    def forward(self, x_ND: torch.Tensor) -> torch.Tensor:
        """From [N, D] to [N, D]."""
        return self.conv(x_ND, *self.edges)  # type: ignore[no-any-return]


class NGCF(nn.Module):
    """NGCF's formula on one aggregation by PyG."""

    def __init__(self, near: On, dim: int) -> None:
        super().__init__()
        self.near = near
        self.sum, self.product = nn.Linear(dim, dim), nn.Linear(dim, dim, bias=False)

    def forward(self, x_ND: torch.Tensor) -> torch.Tensor:
        """From [N, D] to [N, D]."""
        near_ND = self.near(x_ND)
        return nn.functional.leaky_relu(self.sum(x_ND + near_ND) + self.product(x_ND * near_ND), 0.2)


def edge_index(graph: Graph) -> torch.Tensor:
    """Source and target of every edge: int64 [2, E], sorted by target as PyG advises."""
    return graph.interactions.links.pattern.edge_index


def _weighted(conv: nn.Module, graph: Graph) -> On:
    return On(conv, (edge_index(graph), graph.interactions.adjacency(0.5).value))


def _plain(conv: nn.Module, graph: Graph) -> On:
    return On(conv, (edge_index(graph),))


def _gin(spec: Layered, dim: int, graph: Graph) -> nn.Module:  # noqa: ARG001
    mlp = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))
    return _plain(pyg.GINConv(mlp, train_eps=True, aggr="mean"), graph)


PYG: dict[str, Builder] = {
    "lightgcn": lambda _, __, graph: _weighted(pyg.LGConv(normalize=False), graph),
    "gcn": lambda _, dim, graph: _plain(pyg.GCNConv(dim, dim, cached=True), graph),
    "ngcf": lambda _, dim, graph: NGCF(_weighted(pyg.LGConv(normalize=False), graph), dim),
    "sage": lambda spec, dim, graph: _plain(pyg.SAGEConv(dim, dim, aggr=spec.aggregate), graph),
    "gin": _gin,
    "gat": lambda spec, dim, graph: _plain(pyg.GATConv(dim, dim // spec.heads, heads=spec.heads), graph),
    "gatv2": lambda spec, dim, graph: _plain(pyg.GATv2Conv(dim, dim // spec.heads, heads=spec.heads), graph),
    "transformer": lambda spec, dim, graph: _plain(
        pyg.TransformerConv(dim, dim // spec.heads, heads=spec.heads), graph
    ),
}
