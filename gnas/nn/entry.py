"""Where features enter a candidate: added to the embeddings before the propagation, or to its result."""

from typing import NamedTuple

import torch
from torch import nn

from gnas.config.architecture import Architecture
from gnas.config.propagation import Layered
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.nn.channels import Links
from gnas.nn.fusion import FeatureFusion


class Entered(NamedTuple):
    """`layer0` [N, D] is propagated; `late` [N, D'] is added to the result, None: nothing is."""

    layer0: torch.Tensor
    late: torch.Tensor | None


class FeatureEntry(nn.Module):
    """Free embeddings and features of all nodes.

    A node that has features and no interactions has no free embedding: it was never trained, and what is known of the
    node stands in its features alone. With `ids: false` no node with features has one.
    """

    keep_N1: torch.Tensor
    drop_N1: torch.Tensor

    def __init__(
        self, architecture: Architecture, features: FeatureSet, graph: Graph, generator: torch.Generator
    ) -> None:
        super().__init__()
        spec = architecture.features
        self.reads_items = bool(features.items or features.item_links)
        self.early, self.id_dropout = spec.entry == "early", spec.id_dropout
        dim = architecture.dim if self.early else result_dim(architecture)
        self.fusion = FeatureFusion(
            spec, features, dim, graph.n_users, graph.n_items, generator, architecture.init_scale
        )
        self.knn = spec.knn
        self.links = Links(features, spec.knn, graph) if spec.knn.k or spec.links else None
        counts = torch.tensor([graph.n_users, graph.n_items])
        described_N = torch.tensor([bool(features.users or features.user_links), self.reads_items]).repeat_interleave(
            counts
        )
        trained_N = (graph.degree_N > 0).cpu() & spec.ids
        self.register_buffer("keep_N1", (~described_N | trained_N).float()[:, None], persistent=False)
        self.register_buffer("drop_N1", self.id_dropout * described_N.float()[:, None], persistent=False)

    def forward(self, embedding_ND: torch.Tensor, generator: torch.Generator | None) -> Entered:
        """Put ids and features together; while training, ids and readings are dropped by `generator`."""
        keep_N1 = self.keep_N1
        if self.training and self.id_dropout:
            keep_N1 = keep_N1 * (1 - torch.bernoulli(self.drop_N1, generator=generator))
        given_ND = self.fusion(generator) if self.fusion.reads else None
        if self.early and given_ND is not None:
            return Entered(self.smoothed(torch.addcmul(given_ND, embedding_ND, keep_N1), "early"), None)
        return Entered(self.smoothed(embedding_ND * keep_N1, "early"), given_ND)

    def smoothed(self, x_ND: torch.Tensor, entry: str) -> torch.Tensor:
        """Like nodes mixed in where the links enter at `entry`: x + weight · Sᵏ x; else x itself."""
        if self.links is None or self.knn.entry != entry:
            return x_ND
        out_ND = x_ND
        for _ in range(self.knn.layers):
            out_ND = self.links(out_ND)
        return torch.add(x_ND, out_ND, alpha=self.knn.weight)


def result_dim(architecture: Architecture) -> int:
    """Length of a propagated embedding: more than `dim` where the layers are concatenated."""
    propagation = architecture.propagation
    if not isinstance(propagation, Layered) or not propagation.depth or propagation.combine != "concat":
        return architecture.dim
    if getattr(propagation, "weights", None) is not None:
        return architecture.dim
    return architecture.dim * (propagation.depth + bool(propagation.layer0))
