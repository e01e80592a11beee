"""Who is known: by hand."""

from typing import Any

import numpy as np
import pytest

from gnas.config.architecture import Architecture, Trained
from gnas.features.blocks import Block, FeatureSet
from gnas.nn.known import known_rows

TRAINED = np.array([1, 1, 0, 0, 0, 0], dtype=bool)
READ = np.array([1, 0, 1, 0, 0, 0], dtype=bool)
LINKS = np.array([[1, 3], [3, 4]])


@pytest.mark.parametrize(
    ("tree", "known"),
    [
        ({"features": {"attributes": True}}, [1, 1, 1, 0, 0, 0]),
        ({"features": {"attributes": True, "links": "friends"}}, [1, 1, 1, 1, 0, 0]),
        ({"features": {"attributes": True, "links": "friends", "knn": {"layers": 2}}}, [1, 1, 1, 1, 1, 0]),
        ({"features": {"attributes": True, "fusion": "none", "knn": {"k": 1}}}, [1, 1, 1, 1, 0, 0]),
        ({"features": {"attributes": True, "knn": {"k": 1}}, "propagation": {"spectral": {}}}, [1, 1, 1, 1, 0, 0]),
    ],
)
def test_rows_are_known_by_training_by_reading_and_by_links(tree: dict[str, Any], known: list[int]) -> None:
    """Row 3 is linked to a trained row, row 4 to row 3 alone, row 5 is nobody's; rows 0 and 2 are alike."""
    values = np.where(READ[:, None], np.ones((6, 2)), 0).astype(np.float32)
    architecture = Architecture.model_validate(tree)
    linked = tree["features"] != {"attributes": True}
    features = FeatureSet({}, {"a": Block("a", "test", values, READ, "a")}, {}, {"friends": LINKS} if linked else {})
    found = known_rows(architecture, features, "items", TRAINED)
    assert found.astype(int).tolist() == known
    assert known_rows(Trained(), None, "items", TRAINED).tolist() == TRAINED.tolist()


def test_a_blend_knows_what_a_member_knows() -> None:
    values = np.where(READ[:, None], np.ones((6, 2)), 0).astype(np.float32)
    reading = FeatureSet({}, {"a": Block("a", "test", values, READ, "a")})
    linked = FeatureSet({}, {}, {}, {"friends": LINKS})
    trees: list[dict[str, Any]] = [{"features": {"attributes": True}}, {"features": {"links": "friends"}}]
    blend = Architecture.model_validate({"blend": [{"architecture": tree} for tree in trees]})
    found = known_rows(blend, FeatureSet({}, {}, members=(reading, linked)), "items", TRAINED)
    assert found.astype(int).tolist() == [1, 1, 1, 1, 0, 0]
