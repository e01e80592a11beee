from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from gnas.search.pareto import dominates, knee_scores, layers


def test_dominance_by_hand() -> None:
    assert dominates((2, 1), (1, 1))
    assert not dominates((1, 1), (1, 1))
    assert not dominates((2, 0), (1, 1))


def test_front_equals_the_definition_on_random_points() -> None:
    x_PM = np.random.default_rng(0).integers(0, 6, size=(60, 3))
    expected = [
        i for i in range(60)
        if not any((x_PM[j] >= x_PM[i]).all() and (x_PM[j] > x_PM[i]).any() for j in range(60))
    ]  # fmt: skip
    assert [i for i, layer in enumerate(layers(x_PM.tolist())) if layer == 0] == expected


def test_layers_peel_the_fronts_off() -> None:
    assert layers([(3, 3), (2, 2), (1, 4), (0, 0), (2, 2)]) == [0, 1, 0, 2, 1]
    assert layers([]) == []


@pytest.mark.parametrize("scale", [lambda x: x, lambda x: 100 * x - 3])
def test_knee_is_the_corner_whatever_the_scale(scale: Callable[[float], float]) -> None:
    points = [(0.0, 1.0), (0.3, 0.95), (0.8, 0.8), (0.95, 0.3), (1.0, 0.0)]
    assert np.argmax(knee_scores([(x, scale(y)) for x, y in points])) == 2


def test_knee_score_is_the_distance_to_the_line_through_the_extremes() -> None:
    points = [(0.0, 10.0), (0.7, 8.0), (1.0, 0.0)]
    scaled = np.array([0.7, 0.8])
    normal = np.array([1.0, 1.0]) / np.sqrt(2)
    assert knee_scores(points)[1] == pytest.approx(normal @ (scaled - np.array([1.0, 0.0])))
    assert knee_scores(points)[0] == pytest.approx(0)


def test_one_point_and_equal_points_have_a_knee() -> None:
    assert len(set(knee_scores([(1.0, 2.0), (1.0, 2.0)]))) == len(knee_scores([(1.0, 2.0)])) == 1
    assert knee_scores([]) == []


def test_no_point_of_a_lower_layer_dominates_one_of_a_higher() -> None:
    points = list(product(range(3), repeat=2))
    depth = layers(points)
    assert all(depth[i] < depth[j] for i in range(9) for j in range(9) if dominates(points[i], points[j]))
