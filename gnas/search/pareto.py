"""Pareto fronts of several objectives. All values are gains: more is better."""

from collections.abc import Sequence

import numpy as np

Point = Sequence[float]


def dominates(a: Point, b: Point) -> bool:
    """Whether `a` is nowhere worse than `b` and somewhere better."""
    return all(x >= y for x, y in zip(a, b, strict=True)) and any(x > y for x, y in zip(a, b, strict=True))


def front(points: Sequence[Point]) -> list[int]:
    """Indices of the points that no other dominates."""
    return [i for i, point in enumerate(points) if not any(dominates(other, point) for other in points)]


def layers(points: Sequence[Point]) -> list[int]:
    """For each point its layer: 0 on the front, 1 on the front of the rest, and so on."""
    layer = [0] * len(points)
    left = list(range(len(points)))
    depth = 0
    while left:
        best = {left[i] for i in front([points[i] for i in left])}
        for index in best:
            layer[index] = depth
        left = [index for index in left if index not in best]
        depth += 1
    return layer


def knee_scores(points: Sequence[Point]) -> list[float]:
    """How far each point of a front lies beyond the hyperplane through its extremes, after min–max scaling to [0, 1].

    For two aims the scaled extremes are (1, 0) and (0, 1), so the distance is (x + y − 1)/√2; for m aims the
    hyperplane through the unit points is taken: (Σ x − 1)/√m. An aim in which all points are equal counts as 0.
    """
    if not points:
        return []
    x_PM = np.asarray(points, dtype=float)
    low_M, high_M = x_PM.min(axis=0), x_PM.max(axis=0)
    width_M = np.where(high_M > low_M, high_M - low_M, 1.0)
    scaled_PM = (x_PM - low_M) / width_M
    scores: list[float] = ((scaled_PM.sum(axis=1) - 1.0) / np.sqrt(x_PM.shape[1])).tolist()
    return scores


def knee(points: Sequence[Point]) -> int:
    """Index of the front's knee: the largest `knee_scores`, the earlier point among equals."""
    scores = knee_scores(points)
    return max(range(len(scores)), key=lambda index: (scores[index], -index))
