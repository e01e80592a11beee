"""Implicit ALS: Hu, Koren & Volinsky, ICDM 2008, with the regularisation of Rendle et al., RecSys 2022."""

from gnas.baselines.baseline import Settings
from gnas.config.closed_forms import ALS
from gnas.graph.bipartite import Graph
from gnas.nn.als import fit_als
from gnas.nn.recommender import Recommender

GRID: list[Settings] = [
    {"dim": dim, "unobserved": unobserved, "l2": l2}
    for dim, unobserved, l2 in (
        (64, 0.1, 5.0), (64, 0.03, 5.0), (64, 0.3, 5.0), (64, 0.01, 5.0), (128, 0.03, 5.0), (64, 0.03, 8.0),
        (128, 0.1, 8.0), (128, 0.01, 3.0), (256, 0.1, 5.0),
    )
]  # fmt: skip


def candidate(dim: int = 64, unobserved: float = 0.1, l2: float = 5.0) -> ALS:
    """The same factorisation as a candidate."""
    return ALS(rank=dim, unobserved=unobserved, l2=l2)


def fit_ials(graph: Graph, dim: int = 64, unobserved: float = 0.1, l2: float = 5.0) -> Recommender:
    """That factorisation of the train interactions."""
    return fit_als(candidate(dim, unobserved, l2), graph)
