"""What a node is and what it did must agree: its features' embedding beside its free one.

Shapes: N nodes, D dim, n nodes of a side that have both embeddings, B of them drawn.
"""

import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.nn.losses.formulas import info_nce

MAX_NODES = 1024
"""Nodes of a side that are compared in a step; more would cost their square."""
TEMPERATURE = 0.2


def alignable(features: FeatureSet, graph: Graph) -> list[Tensor]:
    """For each side with features, the nodes of which something is known and that have interactions: int64 [n]."""
    degree_N = graph.degree_N.cpu()
    sides = []
    for blocks, first, n in ((features.users, 0, graph.n_users), (features.items, graph.n_users, graph.n_items)):
        if blocks:
            known_n = torch.stack([torch.from_numpy(block.present) for block in blocks.values()]).any(0)
            sides.append(torch.nonzero(known_n & (degree_N[first : first + n] > 0)).flatten() + first)
    return [node_n for node_n in sides if len(node_n) > 1]


def alignment(free_ND: Tensor, given_ND: Tensor, sides: list[Tensor], generator: torch.Generator) -> Tensor:
    """For each side the mean over nodes of −log exp(cos(e_v, f_v)/τ) / Σ_w exp(cos(e_v, f_w)/τ), added up.

    e is the free embedding, f that of the features, τ = 0.2, v and w are at most 1,024 nodes of the side, drawn anew
    each time. Wei et al., "CLCRec", ACM MM 2021: what is known of a node then says where its interactions would put it,
    so that nodes without any have a place.

    Args:
        free_ND: the free embeddings.
        given_ND: those of the features; of longer ones the first D numbers.
        sides: as `alignable` finds them.
        generator: source of the draws.
    """
    terms = [free_ND.new_zeros(())]
    for node_n in sides:
        order_n = torch.randperm(len(node_n), device=node_n.device, generator=generator)
        node_B = node_n[order_n[:MAX_NODES]]
        terms.append(
            info_nce(embedding(node_B, free_ND), embedding(node_B, given_ND)[:, : free_ND.shape[1]], TEMPERATURE)
        )
    return torch.stack(terms).sum()
