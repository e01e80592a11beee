"""4 users and 3 items, the last user without interactions."""

import numpy as np
import torch
from torch import Tensor, nn

from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph

torch.set_num_threads(1)
PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
DIM = 8


def small_graph() -> Graph:
    user, item = np.array(PAIRS).T
    return build_graph(Interactions(user, item, 4, 3), torch.device("cpu"))


def links(kept: list[bool] | None = None) -> Tensor:
    """One where two nodes are neighbours [7, 7]; `kept` leaves interactions out."""
    matrix = torch.zeros(7, 7)
    for k, (user, item) in enumerate(PAIRS):
        if kept is None or kept[k]:
            matrix[user, 4 + item] = matrix[4 + item, user] = 1
    return matrix


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=rng(seed))


def stir(module: nn.Module, seed: int = 5) -> None:
    """Give every parameter a value that is not special, biases included."""
    generator = rng(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
