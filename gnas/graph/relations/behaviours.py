"""Users and the items that they did something with: the relations of behaviours, and one matrix of several."""

from collections.abc import Mapping

from gnas.graph.relations.relation import Relation
from gnas.graph.sparse import SparseMatrix, union


def heaviest(matrices: Mapping[SparseMatrix, float]) -> SparseMatrix:
    """The largest of weight · entry at each place of some matrices [U, I] of ones, places of weight 0 left out."""
    weighed = [SparseMatrix(matrix.pattern, matrix.value * weight) for matrix, weight in matrices.items() if weight]
    return union(weighed, "amax")


def weighted(target: Relation, others: Mapping[str, Relation], weight: Mapping[str, float]) -> Relation:
    """Target and behaviours as one relation: a pair counts what the heaviest of its events does, the target 1."""
    matrices = {target.matrix: 1.0} | {others[name].matrix: float(each) for name, each in weight.items()}
    words = ", ".join(f"{name} {each:g}" for name, each in weight.items())
    return Relation(f"{target.name}, {words}", target.ends, heaviest(matrices), (target.n_users, target.n_items))
