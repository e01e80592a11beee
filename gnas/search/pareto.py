"""Pareto fronts of several objectives. All values are gains: more is better."""

from collections.abc import Sequence

import numpy as np

Point = Sequence[float]


def dominates(a: Point, b: Point) -> bool:
    """Whether `a` is nowhere worse than `b` and somewhere better."""
    return all(x >= y for x, y in zip(a, b, strict=True)) and any(x > y for x, y in zip(a, b, strict=True))


def layers(points: Sequence[Point]) -> list[int]:
    """For each point its layer: 0 on the front, 1 on the front of the rest, and so on."""
    layer = [0] * len(points)
    left = list(range(len(points)))
    depth = 0
    while left:
        best = {i for i in left if not any(dominates(points[other], points[i]) for other in left)}
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


def standing(points: Sequence[Point]) -> list[tuple[float, float]]:
    """A key for each point, lower is better: of one aim its value, of several its layer and nearness to the knee."""
    if points and len(points[0]) == 1:
        return [(-point[0], 0.0) for point in points]
    keys = [(0.0, 0.0)] * len(points)
    layer_of = layers(points)
    for depth in set(layer_of):
        members = [index for index, layer in enumerate(layer_of) if layer == depth]
        for index, score in zip(members, knee_scores([points[index] for index in members]), strict=True):
            keys[index] = (float(depth), -score)
    return keys
