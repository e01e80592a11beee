"""Closed forms of the search, with the parameters of their papers alone."""

from gnas.baselines.baseline import Settings
from gnas.config.closed_forms import ALS, ItemGraph, Spectral

EASE_GRID: list[Settings] = [{"l2": l2} for l2 in (200.0, 500.0, 50.0, 1000.0, 100.0, 300.0, 20.0, 3000.0)]
GFCF_GRID: list[Settings] = [
    {"alpha": alpha, "rank": rank}
    for alpha, rank in (
        (0.3, 256), (0.3, 32), (0.3, 16), (1.0, 32), (0.3, 64), (0.1, 256), (1.0, 16), (0.3, 128), (1.0, 128),
    )
]  # fmt: skip
IALS_GRID: list[Settings] = [
    {"dim": dim, "unobserved": unobserved, "l2": l2}
    for dim, unobserved, l2 in (
        (64, 0.1, 5.0), (64, 0.03, 5.0), (64, 0.3, 5.0), (64, 0.01, 5.0), (128, 0.03, 5.0), (64, 0.03, 8.0),
        (128, 0.1, 8.0), (128, 0.01, 3.0), (256, 0.1, 5.0),
    )
]  # fmt: skip


def ease(l2: float = 200.0) -> ItemGraph:
    """The item graph without normalisation or dropout (Steck, WWW 2019)."""
    return ItemGraph(l2=l2)


def gfcf(alpha: float = 0.3, rank: int = 256) -> Spectral:
    """Linear filter plus `alpha` times the ideal low-pass filter of `rank` directions, normalised as in the paper.

    Shen et al., "How Powerful is Graph Convolution for Recommendation?", CIKM 2021.
    """
    return Spectral(ideal=alpha, rank=rank)


def ials(dim: int = 64, unobserved: float = 0.1, l2: float = 5.0) -> ALS:
    """Implicit ALS: Hu, Koren & Volinsky, ICDM 2008, with the regularisation of Rendle et al., RecSys 2022."""
    return ALS(rank=dim, unobserved=unobserved, l2=l2)
