"""Links between users, or items, whose features are alike."""

from gnas.features.blocks import FeatureSet
from gnas.features.table import Side
from gnas.graph.bipartite import Graph
from gnas.graph.relations.links import links, paired
from gnas.graph.relations.relation import Relation


def knn(features: FeatureSet, side: Side, k: int, graph: Graph) -> list[Relation]:
    """Each row with the k most like it by cosine, a relation for each reading; none where k is 0."""
    return [paired(name, side, block.linked(k), graph) for name, block in features.blocks(side).items() if k]


def links_and_knn(features: FeatureSet, side: Side, k: int, graph: Graph) -> list[Relation]:
    """The relations among one side: the links given, then those of what is alike."""
    return [*links(features, side, graph), *knn(features, side, k, graph)]
