"""Links among users or among items: those of the data (friends, parts of a set), and between what is alike."""

import hashlib

import numpy as np
import torch

from gnas.data.interactions import Side
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.normalize import normalized, scales
from gnas.graph.relations.relation import Relation
from gnas.graph.segments import row_sum
from gnas.graph.sparse import SparseMatrix, at_keys, union


def links(features: FeatureSet, side: Side, k: int, graph: Graph) -> list[Relation]:
    """The relations among one side: each set of links given, then each row with the k most like it by every reading."""
    return [paired(name, side, pairs, graph) for name, pairs in features.linked(side, k)]


def paired(name: str, side: Side, pairs: np.ndarray, graph: Graph) -> Relation:
    """How often two users, or two items, stand in `pairs` (int64 [n, 2]), either way round; found once a graph."""

    def build() -> Relation:
        n = graph.n_users if side == "users" else graph.n_items
        left, right = pairs.T
        key, count = np.unique(np.concatenate([left * n + right, right * n + left]), return_counts=True)
        place, times = (torch.from_numpy(part).to(graph.device) for part in (key, count))
        return Relation(name, (side, side), symmetric_matrix(place, times, n), (graph.n_users, graph.n_items))

    return graph.relations.of((name, side, hashlib.sha256(pairs.tobytes()).hexdigest()), build)


def joined(matrices: list[SparseMatrix], n: int, device: torch.device) -> SparseMatrix:
    """The sum of some symmetric matrices [n, n]."""
    if not matrices:
        empty = torch.zeros(0, device=device)
        return symmetric_matrix(empty.long(), empty, n)
    return matrices[0] if len(matrices) == 1 else union(matrices, "sum", symmetric=True)


def normalized_sum(matrices: list[SparseMatrix], n: int, device: torch.device) -> SparseMatrix:
    """D^-½ A D^-½ with A the sum of some symmetric matrices [n, n]."""
    total = joined(matrices, n, device)
    return normalized(total, *scales(row_sum(total.pattern, total.value), (0.5, 0.5)), symmetric=True)


def symmetric_matrix(key: torch.Tensor, value: torch.Tensor, n: int) -> SparseMatrix:
    """A symmetric matrix [n, n] from the numbers row · n + column of its entries, rising."""
    return at_keys(key, value.float(), (n, n), symmetric=True)
