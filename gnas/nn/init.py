"""Starting values, drawn from a given generator on the CPU: the same on every device, global state untouched."""

import math

import torch
from torch import nn

from gnas.config.architecture import Architecture
from gnas.graph.bipartite import Graph


def normal(*shape: int, std: float, generator: torch.Generator) -> nn.Parameter:
    """A parameter with independent N(0, std²) entries."""
    return nn.Parameter(torch.randn(*shape, generator=generator).mul_(std))


def xavier(*shape: int, generator: torch.Generator) -> nn.Parameter:
    """A parameter [.., out, in], uniform within ±√(6 / (out + in)) (Glorot & Bengio, AISTATS 2010)."""
    bound = math.sqrt(6 / (shape[-2] + shape[-1]))
    return nn.Parameter(torch.rand(*shape, generator=generator).mul_(2 * bound).sub_(bound))


def zeros(*shape: int) -> nn.Parameter:
    """A parameter of zeros."""
    return nn.Parameter(torch.zeros(*shape))


def embeddings(architecture: Architecture, graph: Graph, generator: torch.Generator) -> nn.Parameter:
    """The table of all nodes [N, D], users first, started as `architecture.init` says.

    `normal`: standard deviation `init_scale`. `xavier`: users and items each as a matrix of their own. `svd`: the
    factors of D_U^-½ R D_I^-½ times the root of the singular values, as a whole scaled to a root mean square of
    `init_scale`; columns beyond the rank of the data are normal with a hundredth of that.
    """
    dim = architecture.dim
    if architecture.init == "normal":
        return normal(graph.n_nodes, dim, std=architecture.init_scale, generator=generator)
    if architecture.init == "xavier":
        tables = [xavier(n, dim, generator=generator).data for n in (graph.n_users, graph.n_items)]
        return nn.Parameter(torch.cat(tables))
    table = torch.randn(graph.n_nodes, dim, generator=generator).mul_(0.01 * architecture.init_scale)
    factors = graph.svd(dim)
    root = factors.singular_K.sqrt()
    start = torch.cat([factors.user_UK * root, factors.item_IK * root]).cpu()
    start *= architecture.init_scale / start.square().mean().sqrt().clamp(min=1e-12)
    table[:, : start.shape[1]] = start
    return nn.Parameter(table)
