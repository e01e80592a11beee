"""Starting values, and linear maps of them, drawn from a given generator on the CPU: the same on every device."""

import math

import torch
from torch import nn

from gnas.config.architecture import Trained
from gnas.config.named import STARTS
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


class Linear(nn.Module):
    """x Wᵀ + b; W [out, in] starts Xavier-uniform, b [out] at zero."""

    def __init__(self, n_in: int, n_out: int, generator: torch.Generator, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = xavier(n_out, n_in, generator=generator)
        self.bias = zeros(n_out) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From [..., in] to [..., out]."""
        return nn.functional.linear(x, self.weight, self.bias)


def embeddings(architecture: Trained, graph: Graph, generator: torch.Generator) -> nn.Parameter:
    """The table of all nodes [N, D], users first, started as `architecture.init` says."""
    start = STARTS[architecture.init].build(graph, architecture.dim, architecture.init_scale, generator)
    return nn.Parameter(start)


def normal_start(graph: Graph, dim: int, scale: float, generator: torch.Generator) -> torch.Tensor:
    """Independent normal numbers of standard deviation `scale`."""
    return torch.randn(graph.n_nodes, dim, generator=generator).mul_(scale)


def xavier_start(graph: Graph, dim: int, _scale: float, generator: torch.Generator) -> torch.Tensor:
    """Users and items each as a matrix of their own."""
    return torch.cat([xavier(n, dim, generator=generator).data for n in (graph.n_users, graph.n_items)])


def svd_start(graph: Graph, dim: int, scale: float, generator: torch.Generator) -> torch.Tensor:
    """The factors of D_U^-½ R D_I^-½ times the root of the singular values, of root mean square `scale` as a whole.

    Columns beyond the rank of the data are normal with a hundredth of that.
    """
    table = torch.randn(graph.n_nodes, dim, generator=generator).mul_(0.01 * scale)
    factors = graph.svd(dim)
    root = factors.singular_K.sqrt()
    start = torch.cat([factors.user_UK * root, factors.item_IK * root]).cpu()
    start *= scale / start.square().mean().sqrt().clamp(min=1e-12)
    table[:, : start.shape[1]] = start
    return table
