"""Closed forms of the search, with the parameters of their papers alone, in units that mean the same on all data."""

import numpy as np

from gnas.baselines.baseline import Settings
from gnas.config.closed_forms import ALS, ItemGraph, Spectral

EASE_GRID: list[Settings] = [{"ridge": ridge} for ridge in (1.0, 2.0, 0.5, 4.0, 0.25, 0.12, 8.0)]
GFCF_GRID: list[Settings] = [
    {"alpha": alpha, "rank": rank}
    for alpha, rank in (
        (0.3, 256), (0.3, 32), (0.3, 16), (1.0, 32), (0.3, 64), (0.1, 256), (1.0, 16), (0.3, 128), (1.0, 128),
        (0.3, 512),
    )
]  # fmt: skip
IALS_GRID: list[Settings] = [
    {"dim": dim, "mass": mass, "ridge": ridge}
    for dim, mass, ridge in (
        (64, 10.0, 0.5), (64, 5.0, 0.35), (64, 25.0, 0.8), (64, 10.0, 0.25), (64, 2.5, 0.5), (64, 10.0, 1.0),
        (128, 10.0, 0.5), (64, 1.0, 0.25), (256, 10.0, 0.7), (32, 5.0, 0.35),
    )
]  # fmt: skip
DIMS = (16, 1024)
"""Least and most factors, or singular vectors, that a move goes to."""


def ease(ridge: float = 1.0) -> ItemGraph:
    """The item graph without normalisation or dropout (Steck, WWW 2019)."""
    return ItemGraph(ridge=ridge)


def gfcf(alpha: float = 0.3, rank: int = 256) -> Spectral:
    """Linear filter plus `alpha` times the ideal low-pass filter of `rank` directions, normalised as in the paper.

    Shen et al., "How Powerful is Graph Convolution for Recommendation?", CIKM 2021.
    """
    return Spectral(ideal=alpha, rank=rank)


def ials(dim: int = 64, mass: float = 10.0, ridge: float = 0.5) -> ALS:
    """Implicit ALS: Hu, Koren & Volinsky, ICDM 2008, with the regularisation of Rendle et al., RecSys 2022."""
    return ALS(rank=dim, mass=mass, ridge=ridge)


def near_ease(best: Settings, rng: np.random.Generator) -> Settings:
    """The ridge a little weaker or stronger."""
    return {"ridge": _near(best["ridge"], 0.3, rng)}


def near_gfcf(best: Settings, rng: np.random.Generator) -> Settings:
    """Another weight, in one of two the rank doubled or halved."""
    return {"alpha": _near(best["alpha"], 0.5, rng), "rank": _doubled(best["rank"], rng)}


def near_ials(best: Settings, rng: np.random.Generator) -> Settings:
    """Other weights, in one of two the factors doubled or halved."""
    mass, ridge = _near(best["mass"], 0.5, rng), _near(best["ridge"], 0.3, rng)
    return {"dim": _doubled(best["dim"], rng), "mass": mass, "ridge": ridge}


def _near(value: float, spread: float, rng: np.random.Generator) -> float:
    """Times e to a normal number, in three digits."""
    return float(f"{value * np.exp(spread * rng.standard_normal()):.3g}")


def _doubled(size: int, rng: np.random.Generator) -> int:
    """The same in one of two, else twice or half as many."""
    return int(np.clip(round(size * rng.choice([0.5, 1.0, 1.0, 2.0])), *DIMS))
