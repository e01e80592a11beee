"""To PyG and back: a graph with features and embeddings as `HeteroData`, and the interactions of one."""

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnas.data.interactions import SIDES, Interactions, Side
from gnas.errors import DataError
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.relations.links import links

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

NODES: dict[Side, str] = {"users": "user", "items": "item"}
TAKES, TAKEN = ("user", "takes", "item"), ("item", "rev_takes", "user")
"""The edge types of interactions: as they were, and the other way round, as PyG's own transforms name it."""


def hetero_data(
    graph: Graph,
    features: FeatureSet | None = None,
    embeddings: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> "HeteroData":
    """A graph as PyG has it, on the graph's device.

    Args:
        graph: its interactions become `(user, takes, item)` and the reverse, with `rating` where there are ratings.
        features: every reading of users or items becomes a part of their `x` [n, d], zero where it is missing, and
            every set of links given with the data an edge type among them, with the number of times as `weight`.
        embeddings: of the users and of the items, as a trained model's `embed(training=False)` gives them; they become
            `embedding`.
    """
    with warnings.catch_warnings():  # it compiles with torch.jit, which warns that it is deprecated
        warnings.simplefilter("ignore")
        from torch_geometric.data import HeteroData
    data = HeteroData()
    for at, (side, node) in enumerate(NODES.items()):
        data[node].num_nodes = (graph.n_users, graph.n_items)[at]
        blocks = features.blocks(side) if features else {}
        if blocks:
            parts = [torch.from_numpy(block.values) for block in blocks.values()]
            data[node].x = torch.cat(parts, dim=1).to(graph.device)
        if embeddings:
            data[node].embedding = embeddings[at].detach()
    taken = graph.user_item.pattern
    user_E, item_E = taken.row.long(), taken.column.long()
    data[TAKES].edge_index = torch.stack([user_E, item_E])
    data[TAKEN].edge_index = torch.stack([item_E, user_E])
    if graph.rating_E is not None:
        data[TAKES].rating = data[TAKEN].rating = graph.rating_E
    given = [relation for side in SIDES for relation in links(features, side, 0, graph)] if features else []
    for relation in given:
        first, second = (NODES[side] for side in relation.ends)
        edges = data[first, relation.name, second]
        edges.edge_index, edges.weight = relation.matrix.pattern.edge_index, relation.matrix.value
    return data


def interactions_of(data: "HeteroData", relation: tuple[str, str, str] = TAKES) -> Interactions:
    """The interactions that one edge type of `data` holds, with its `rating` where it has one.

    Raises:
        DataError: there is no such edge type.
    """
    if relation not in data.edge_types:
        known = ", ".join(map(str, data.edge_types)) or "none"
        raise DataError(f"the data have no edges {relation}; there are: {known}")
    user, item = data[relation].edge_index.cpu().numpy().astype(np.int64)
    rating = data[relation].get("rating")
    return Interactions(
        user, item, data[relation[0]].num_nodes, data[relation[2]].num_nodes,
        rating=None if rating is None else rating.cpu().numpy(),
    )  # fmt: skip
