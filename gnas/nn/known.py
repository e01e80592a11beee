"""Which users and items a recommender knows: by training, by their features, or by links to others that it knows."""

import numpy as np

from gnas.config.architecture import Architecture
from gnas.data.interactions import Side
from gnas.features.blocks import FeatureSet


def known_rows(
    architecture: Architecture, features: FeatureSet | None, side: Side, trained_n: np.ndarray
) -> np.ndarray:
    """Which users or items a score of this architecture means something for: bool [n].

    Args:
        architecture: what reads and links.
        features: what it reads; None: nothing.
        side: `users` or `items`.
        trained_n: bool [n], those with an interaction in train.
    """
    known_n = trained_n.copy()
    if features is None:
        return known_n
    for member, own in zip(architecture.members, features.members, strict=True):
        known_n |= known_rows(member.architecture, own, side, trained_n)
    spec = architecture.read
    if architecture.trained and spec.fuses:
        for block in features.blocks(side).values():
            known_n |= block.present
    linked = features.linked(side, spec.knn.k)
    for _ in range(spec.knn.layers):
        reached_n = known_n.copy()
        for _name, pairs in linked:
            left, right = pairs.T
            reached_n[left[known_n[right]]] = True
            reached_n[right[known_n[left]]] = True
        known_n = reached_n
    return known_n
