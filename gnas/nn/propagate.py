"""The stack: layers over the graph, residual, dropouts, noise, and the combination of their outputs."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import torch
from torch import nn

from gnas.config.propagation import Layered, Propagation
from gnas.graph.normalize import Weighing
from gnas.graph.relations.relation import Relation
from gnas.graph.sampling import Neighbourhood
from gnas.graph.sparse import SparseMatrix, kept_edges
from gnas.nn.combine import build_combine
from gnas.nn.ops.layer import Layer

Relates = Relation | Neighbourhood
"""What a stack runs on: a relation, or a part of one."""


class Propagated(NamedTuple):
    """`layers`: the outputs of the layers 0..depth, each [N, D]; `final` [N, D']: their combination.

    Where layers are combined without gradients, `layers` is empty: each is let go once the next one is made of it.
    """

    layers: list[torch.Tensor]
    final: torch.Tensor


class Stack(nn.Module):
    """The propagation of a candidate; with depth 0 the embeddings as they are.

    A layer's output is (1 − residual) · op(x_l) + residual · x_0, then noise, then message dropout.
    """

    lonely_N1: torch.Tensor | None

    def __init__(self, spec: Propagation, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.spec = spec.stack()
        self.layers = nn.ModuleList()
        self.combine: nn.Module | None = None
        if self.spec is not None:
            self.layers.extend(op.build(dim, generator) for op in self.spec.layers())
            self.combine = build_combine(self.spec, dim, generator)
        self.register_buffer("lonely_N1", None, persistent=False)

    def keep_lonely(self, relation: Relation) -> None:
        """Let nodes without neighbours pass every layer unchanged where it would make them zero.

        For nodes whose layer 0 means something without them: by their features, new items then reach the same
        length as all others. It costs one selection a layer, none where every node has a neighbour.
        """
        lonely_N = relation.degree_N == 0
        if bool(lonely_N.any()):
            self.lonely_N1 = lonely_N[:, None]

    def forward(
        self,
        x_ND: torch.Tensor,
        relation: Relates,
        *,
        generator: torch.Generator | None = None,
        edge_dropout: float | None = None,
        noise: float | None = None,
        kept_E: torch.Tensor | None = None,
    ) -> Propagated:
        """Propagate layer 0.

        Args:
            x_ND: the embeddings of all nodes.
            relation: what they are propagated along.
            generator: source of all randomness of the training mode and of the views; on the device of x.
            edge_dropout: share of edges left out of every layer alike; None: as the architecture says while
                training, none otherwise.
            noise: length of the random vector that is added to every layer's output (SimGCL, Yu et al., SIGIR 2022);
                None: none.
            kept_E: what each edge counts, 0 for one that is hidden; None: all count 1.
        """
        spec = self.spec
        if spec is None or self.combine is None:
            return Propagated([x_ND], x_ND + _noise(x_ND, noise, generator) if noise else x_ND)
        rate = edge_dropout if edge_dropout is not None else spec.edge_dropout if self.training else 0.0
        kept = kept_edges(relation.n_edges, rate, generator, x_ND) if rate else None
        matrices = {layer.weighing: relation.adjacency(*layer.weighing) for layer in cast("list[Layer]", self.layers)}
        if kept_E is not None:
            kept = kept_E if kept is None else kept * kept_E
        if kept is not None:
            matrices = {weighing: matrix.reweighted(kept) for weighing, matrix in matrices.items()}
        outputs = self._outputs(spec, x_ND, matrices, noise, generator)
        if not torch.is_grad_enabled():
            return Propagated([], self.combine(outputs))
        layers = list(outputs)
        return Propagated(layers, self.combine(layers))

    def _outputs(
        self,
        spec: Layered,
        x_ND: torch.Tensor,
        matrices: dict[Weighing, SparseMatrix],
        noise: float | None,
        generator: torch.Generator | None,
    ) -> Iterator[torch.Tensor]:
        """The layers 0..depth, made one by one."""
        yield x_ND
        before = x_ND
        for layer in cast("list[Layer]", self.layers):
            out = layer(before, matrices[layer.weighing])
            if self.lonely_N1 is not None and not layer.reads_itself:
                out = torch.where(self.lonely_N1, before, out)
            if spec.residual:
                out = torch.lerp(out, x_ND, spec.residual)
            if noise:
                out = out + _noise(out, noise, generator)
            before = dropout(out, spec.message_dropout, generator) if self.training else out
            del out  # while the next layer is made, only what it is made from is held
            yield before


def dropout(x: torch.Tensor, rate: float, generator: torch.Generator | None) -> torch.Tensor:
    """Inverted dropout that draws from `generator`; x itself at rate 0."""
    if not rate:
        return x
    kept = torch.empty_like(x).bernoulli_(1 - rate, generator=generator)
    return x * kept.mul_(1 / (1 - rate))


def _noise(x: torch.Tensor, length: float, generator: torch.Generator | None) -> torch.Tensor:
    """Uniform noise in the orthant of x, each row of the given length; no gradient."""
    with torch.no_grad():
        draw = torch.empty_like(x).uniform_(generator=generator)
        return nn.functional.normalize(draw, dim=1).mul_(x.sign()).mul_(length)
