"""Links between those who share the most, against dense cosines."""

import numpy as np
import pytest

from gnas.data.interactions import Interactions, Side
from gnas.features import alike
from gnas.features.alike import shared


@pytest.mark.parametrize("side", ["users", "items"])
def test_each_is_linked_to_those_most_like_it(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "BLOCK_BYTES", 4 * 30 * 7)  # some rows at a time
    taken = np.random.default_rng(0).random((30, 24)) < 0.3
    taken[4] = taken[:, 5] = False
    user, item = np.nonzero(taken)
    train = Interactions(np.append(user, user[:1]), np.append(item, item[:1]), 30, 24)  # one of them twice
    rows = (taken if side == "users" else taken.T).astype(float)
    size = np.maximum(rows.sum(1), 1)
    cosine = rows @ rows.T / np.sqrt(size[:, None] * size)
    np.fill_diagonal(cosine, 0)
    pairs = shared(train, side)
    assert len(pairs) == sum(min((row > 0).sum(), 10) for row in cosine)
    for one in range(len(rows)):
        near = cosine[one, pairs[pairs[:, 0] == one, 1]]
        assert np.allclose(np.sort(near), np.sort(cosine[one])[::-1][: len(near)][::-1]), "no other is more like it"
        assert (near > 0).all()


def test_one_user_has_no_neighbour() -> None:
    assert shared(Interactions(np.array([0, 0]), np.array([0, 1]), 1, 2), "users").shape == (0, 2)
