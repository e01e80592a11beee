"""GF-CF: Shen et al., "How Powerful is Graph Convolution for Recommendation?", CIKM 2021."""

from gnas.baselines.baseline import Settings
from gnas.config.closed_forms import Spectral
from gnas.graph.bipartite import Graph
from gnas.nn.recommender import Recommender
from gnas.nn.spectral import fit_spectral

GRID: list[Settings] = [
    {"alpha": alpha, "rank": rank}
    for alpha, rank in (
        (0.3, 256),
        (0.3, 32),
        (0.3, 16),
        (1.0, 32),
        (0.3, 64),
        (0.1, 256),
        (1.0, 16),
        (0.3, 128),
        (1.0, 128),
    )
]


def candidate(alpha: float = 0.3, rank: int = 256) -> Spectral:
    """Linear filter plus `alpha` times the ideal low-pass filter of `rank` directions, normalised as in the paper."""
    return Spectral(ideal=alpha, rank=rank)


def fit_gfcf(graph: Graph, alpha: float = 0.3, rank: int = 256) -> Recommender:
    """That filter on the train interactions."""
    return fit_spectral(candidate(alpha, rank), graph)
