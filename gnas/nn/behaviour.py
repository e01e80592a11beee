"""Reads the items that a user took, one after the other.

Shapes: n users, L places of a history, N nodes (users, then items), D dim, O length of the result.
"""

import torch
from torch import nn
from torch.nn.functional import embedding
from torch.utils.checkpoint import checkpoint

from gnas.config.architecture import Trained
from gnas.data.histories import Histories
from gnas.graph.bipartite import Graph
from gnas.nn.init import normal
from gnas.nn.reader import TokenReader

MAX_NUMBERS = 1 << 24
"""Numbers in the tokens of one pass; more users go in chunks, which are computed once more in the backward pass."""


class Behaviour(nn.Module):
    """What histories add to the embeddings of all nodes: token k is the k-th latest item plus a learned vector for k.

    Where the order means nothing there are no such vectors, and a history is read as a set.

    The histories are those of train, so a positive that a loss asks for stands in its user's history, as it does in the
    neighbourhood that a graph convolution reads and in the input of an autoencoder; what is measured never does.
    `dropout` leaves out a share of each history, drawn again in every step, so that some positives are learned without
    seeing them.

    Args:
        architecture: D, and the layers, heads and dropout of what reads.
        histories: of the users.
        n_out: O.
        graph: says how many nodes there are.
        generator: source of starting values.
    """

    row_nL: torch.Tensor
    known_nL: torch.Tensor

    def __init__(
        self, architecture: Trained, histories: Histories, n_out: int, graph: Graph, generator: torch.Generator
    ) -> None:
        super().__init__()
        spec, dim, std = architecture.features.history, architecture.dim, architecture.init_scale
        self.n_items = graph.n_items
        other_nL = torch.from_numpy(histories.other)
        self.dropout, self.dim = spec.dropout, dim
        self.register_buffer("known_nL", other_nL >= 0, persistent=False)
        self.register_buffer("row_nL", other_nL.clamp(min=0) + graph.n_users, persistent=False)
        self.place_LD = normal(other_nL.shape[1], dim, std=std, generator=generator) if histories.ordered else None
        self.reader = TokenReader(dim, spec.layers, spec.heads, n_out, generator, std)

    def forward(self, x_ND: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        """The contribution to every node [N, O], zero where there is no history; tokens are rows of `x_ND`."""
        known_nL = self.known_nL
        if self.training and self.dropout:
            kept_nL = torch.empty(known_nL.shape, device=known_nL.device)
            known_nL = known_nL & kept_nL.bernoulli_(1 - self.dropout, generator=generator).bool()
        n, length = known_nL.shape
        rows = max(1, MAX_NUMBERS // (length * self.dim))
        if n <= rows:
            past_nO = self._read(x_ND, self.row_nL, known_nL)
        else:
            chunks = zip(torch.split(self.row_nL, rows), torch.split(known_nL, rows), strict=True)
            parts = [
                checkpoint(self._read, x_ND, row, known, use_reentrant=False, preserve_rng_state=False)
                for row, known in chunks
            ]
            past_nO = torch.cat(parts)
        return torch.cat([past_nO, past_nO.new_zeros(self.n_items, past_nO.shape[1])])

    def _read(self, x_ND: torch.Tensor, row_nL: torch.Tensor, known_nL: torch.Tensor) -> torch.Tensor:
        token_nLD = embedding(row_nL, x_ND)
        if self.place_LD is not None:
            token_nLD = token_nLD + self.place_LD
        out_nO: torch.Tensor = self.reader(token_nLD, known_nL)
        return out_nO
