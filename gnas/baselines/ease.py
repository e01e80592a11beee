"""EASE with its one parameter: Steck, WWW 2019."""

from gnas.baselines.baseline import Settings
from gnas.config.closed_forms import ItemGraph
from gnas.graph.bipartite import Graph
from gnas.nn.item_graph import fit_item_graph
from gnas.nn.recommender import Recommender

GRID: list[Settings] = [{"l2": l2} for l2 in (200.0, 500.0, 50.0, 1000.0, 100.0, 300.0, 20.0, 3000.0)]


def candidate(l2: float = 200.0) -> ItemGraph:
    """The item graph without normalisation or dropout."""
    return ItemGraph(l2=l2)


def fit_ease(graph: Graph, l2: float = 200.0) -> Recommender:
    """The weights of that item graph."""
    return fit_item_graph(candidate(l2), graph)
