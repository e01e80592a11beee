"""Links that a function finds in train, beside those of the data."""

from pathlib import Path

import numpy as np
import pytest

from gnas.config.features import Features
from gnas.data.interactions import Interactions, Side
from gnas.errors import DataError
from gnas.features.bank import FeatureBank
from gnas.features.links import LINKS

TRAIN = Interactions(np.array([0, 0, 1]), np.array([2, 0, 1]), 2, 3)


def neighbours(train: Interactions, side: Side) -> np.ndarray:
    n = train.n_users if side == "users" else train.n_items
    return np.stack([np.arange(n), np.maximum(np.arange(n) - 1, 0)], axis=1)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LINKS, "_members", {"next": neighbours})


def test_links_that_are_named_are_found_each_once_and_smaller_first(tmp_path: Path) -> None:
    found = FeatureBank({}, TRAIN, tmp_path).select(Features(links=["next"]))
    assert found is not None
    assert found.user_links["next"].tolist() == [[0, 1]]
    assert found.item_links["next"].tolist() == [[0, 1], [1, 2]]
    one_side = FeatureBank({}, TRAIN, tmp_path).select(Features(links=["next"], sides="items"))
    assert one_side is not None
    assert one_side.user_links == {}


def test_all_links_are_those_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="follows links 'any'"):
        FeatureBank({}, TRAIN, tmp_path).select(Features(links="all"))
