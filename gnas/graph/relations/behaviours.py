"""Users and the items that they did something with: the relations of behaviours, and one matrix of several."""

from collections.abc import Mapping

import torch

from gnas.graph.pattern import Pattern, start_of
from gnas.graph.relations.relation import Relation
from gnas.graph.sparse import SparseMatrix


def heaviest(matrices: Mapping[SparseMatrix, float]) -> SparseMatrix:
    """The largest of weight · entry at each place of some matrices [U, I] of ones, places of weight 0 left out."""
    used = [(matrix, weight) for matrix, weight in matrices.items() if weight]
    key_E = torch.cat([matrix.pattern.key for matrix, _ in used])
    value_E = torch.cat([matrix.value * weight for matrix, weight in used])
    key, place_E = torch.unique(key_E, return_inverse=True)
    value = value_E.new_zeros(len(key)).scatter_reduce_(0, place_E, value_E, "amax")
    n_users, n_items = shape = used[0][0].shape
    row = key.div(n_items, rounding_mode="floor")
    start = start_of(torch.bincount(row, minlength=n_users))
    return SparseMatrix(Pattern(start, key - row * n_items, shape), value)


def weighted(target: Relation, others: Mapping[str, Relation], weight: Mapping[str, float]) -> Relation:
    """Target and behaviours as one relation: a pair counts what the heaviest of its events does, the target 1."""
    matrices = {target.matrix: 1.0} | {others[name].matrix: float(each) for name, each in weight.items()}
    words = ", ".join(f"{name} {each:g}" for name, each in weight.items())
    return Relation(f"{target.name}, {words}", target.ends, heaviest(matrices), (target.n_users, target.n_items))
