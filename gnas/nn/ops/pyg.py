"""A graph convolution of PyG as an operator."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from gnas.config.propagation import PyG
from gnas.config.pyg import convolution, manner_of
from gnas.graph.sparse import SparseMatrix
from gnas.nn.activations import activation
from gnas.nn.ops.layer import Layer


class PyGLayer(Layer):
    """σ(conv(x, edge_index)), conv a convolution of PyG (Fey & Lenssen, 2019) from dim to dim.

    PyG draws from torch's global stream. Here the stream is set for every draw and put back: starting values, and
    whatever a convolution draws while it trains, follow from the generator.
    """

    def __init__(self, spec: PyG, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.seed = int(torch.randint(2**62, (1,), generator=generator))
        with _seeded(self.seed, torch.device("cpu")):
            self.conv = convolution(spec.layer, spec.args, dim)
        self.reads_itself, self.draws = manner_of(spec.layer, spec.args)
        self.activation = activation(spec.activation)

    def forward(self, x_ND: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """One step of propagation [N, D]."""
        edge_index = matrix.present.edge_index
        if not (self.training and self.draws):
            return self.activation(self.conv(x_ND, edge_index))
        self.seed += 1
        with _seeded(self.seed, x_ND.device):
            return self.activation(self.conv(x_ND, edge_index))


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Torch's global streams start at `seed`, and go on afterwards as if nothing had been."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
