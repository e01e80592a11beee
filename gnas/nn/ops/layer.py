"""The base of all operators: parameters, and a step along a given relation."""

import torch
from torch import nn

from gnas.graph.normalize import Weighing
from gnas.graph.sparse import SparseMatrix


class Layer(nn.Module):
    """One layer, built as `Layer(spec, dim, generator)`.

    `weighing` says which adjacency it asks for. `reads_itself = False` says that a node's output is that of its
    neighbours alone, zero where it has none.
    """

    weighing = Weighing()
    reads_itself = True

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D] along `matrix` [N, N], normalised as `weighing` asks.

        Entries that edge dropout took have the value 0, and are `gone` for an operator that reads no values.
        """
        raise NotImplementedError
