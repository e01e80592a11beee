"""A candidate on a part of its graph: the same parameters, other matrices, fewer nodes."""

import copy
from typing import TypeVar

from torch import Tensor, nn

from gnas.graph.bipartite import Graph
from gnas.graph.sampling import Neighbourhood
from gnas.nn.model import Candidate
from gnas.nn.propagate import Stack

M = TypeVar("M", bound=nn.Module)


def local_model(model: Candidate, near: Neighbourhood, x_SD: Tensor, part: Graph) -> Candidate:
    """`model` as it is on `near`, whose nodes have the embeddings `x_SD` [S, D]; `part` has the same users and items.

    Shares every parameter but the embeddings with `model`: gradients reach them, and `x_SD`.
    """
    local = _twin(model)
    del local._parameters["embedding"]
    local.embedding = x_SD  # type: ignore[assignment]  # a plain tensor stands in for the parameter
    local.graph, local.n_users, local.n_items = part, part.n_users, part.n_items
    stack: Stack = _twin(model.stack)
    stack.n_interactions = near.pattern.nnz
    stack.layers = nn.ModuleList(_over(layer, near, model.graph) for layer in model.stack.layers)
    local.stack = stack
    return local


def _over(layer: nn.Module, near: Neighbourhood, graph: Graph) -> nn.Module:
    twin = _twin(layer)
    twin.adjacency = near.matrix(layer.adjacency, graph)  # type: ignore[arg-type, assignment]
    return twin


def _twin(module: M) -> M:
    """The same parameters and parts in a module of its own, whose parts can be replaced."""
    twin = copy.copy(module)
    twin.__dict__["_parameters"] = dict(module._parameters)
    twin.__dict__["_modules"] = dict(module._modules)
    return twin
