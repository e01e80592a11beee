"""Where features enter a candidate: before the propagation, or at its result."""

from typing import NamedTuple

import torch
from torch import nn

from gnas.config.architecture import Trained
from gnas.data.interactions import SIDES
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.relations.links import links, normalized_sum
from gnas.nn.behaviour import Behaviour
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

    def __init__(self, architecture: Trained, features: FeatureSet, graph: Graph, generator: torch.Generator) -> None:
        super().__init__()
        spec = architecture.features
        self.reads_items = bool(features.items or features.item_links)
        self.id_dropout = spec.id_dropout
        self.early = spec.entry == "early"
        dim = architecture.dim if self.early else result_dim(architecture)
        self.fusion = FeatureFusion(
            spec, features, dim, graph.n_users, graph.n_items, generator, architecture.init_scale
        )
        self.knn = spec.knn
        linked = [one.links for side in SIDES for one in links(features, side, spec.knn.k, graph)]
        follows = spec.knn.k or spec.links
        self.links = normalized_sum(linked, graph.n_nodes, graph.device) if follows else None
        counts = torch.tensor([graph.n_users, graph.n_items])
        reads_users = bool(features.users or features.user_links or features.histories)
        described_N = torch.tensor([reads_users, self.reads_items]).repeat_interleave(counts)
        trained_N = (graph.degree_N > 0).cpu() & spec.ids
        self.register_buffer("keep_N1", (~described_N | trained_N).float()[:, None], persistent=False)
        self.register_buffer("drop_N1", self.id_dropout * described_N.float()[:, None], persistent=False)
        self.history_is_early = spec.history.entry == "early"
        n_out = architecture.dim if self.history_is_early else result_dim(architecture)
        past = features.histories
        self.behaviour = Behaviour(architecture, past, n_out, graph, generator) if past else None

    def forward(self, embedding_ND: torch.Tensor, generator: torch.Generator | None) -> Entered:
        """Put ids and features together; while training, ids and readings are dropped by `generator`."""
        keep_N1 = self.keep_N1
        if self.training and self.id_dropout:
            keep_N1 = keep_N1 * (1 - torch.bernoulli(self.drop_N1, generator=generator))
        given_ND = self.fusion(generator) if self.fusion.reads else None
        early_ND, late_ND = (given_ND, None) if self.early else (None, given_ND)
        x_ND = embedding_ND * keep_N1 if early_ND is None else torch.addcmul(early_ND, embedding_ND, keep_N1)
        if self.behaviour is not None:
            past_ND = self.behaviour(x_ND, generator)
            if self.history_is_early:
                x_ND = x_ND + past_ND
            else:
                late_ND = past_ND if late_ND is None else late_ND + past_ND
        return Entered(self.smoothed(x_ND, "early"), late_ND)

    def smoothed(self, x_ND: torch.Tensor, entry: str) -> torch.Tensor:
        """Like nodes mixed in where the links enter at `entry`: x + weight · Sᵏ x; else x itself."""
        if self.links is None or self.knn.entry != entry:
            return x_ND
        out_ND = x_ND
        for _ in range(self.knn.layers):
            out_ND = self.links.matmul(out_ND)
        return torch.add(x_ND, out_ND, alpha=self.knn.weight)


def result_dim(architecture: Trained) -> int:
    """Length of a propagated embedding: more than `dim` where the layers are concatenated."""
    return architecture.propagation.width(architecture.dim)
