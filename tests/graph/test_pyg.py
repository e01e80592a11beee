"""To PyG's HeteroData and back."""

import numpy as np
import pytest
import torch

from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.features.blocks import Block, FeatureSet
from gnas.graph.bipartite import build_graph
from gnas.graph.pyg import hetero_data, interactions_of
from tests.graph.small_graph import CPU

USER, ITEM = np.array([(0, 0), (0, 1), (1, 1), (1, 2), (2, 0)]).T
RATING = np.array([1, 2, 3, 4, 5], dtype=np.float32)
LOG = Interactions(USER, ITEM, 4, 3, RATING)


def features() -> FeatureSet:
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    blocks = {name: Block(name, "test", values, np.ones(3, dtype=bool), name) for name in "ab"}
    return FeatureSet({}, blocks, {"friends": np.array([[0, 1], [0, 3], [0, 1]])})


def test_a_graph_with_ratings_features_links_and_embeddings() -> None:
    embeddings = torch.rand(4, 5), torch.rand(3, 5)
    data = hetero_data(build_graph(LOG, CPU), features(), embeddings)
    assert (data["user"].num_nodes, data["item"].num_nodes) == (4, 3)
    assert torch.equal(data["user"].embedding, embeddings[0])
    assert torch.equal(data["item"].embedding, embeddings[1])
    assert "x" not in data["user"]
    assert data["item"].x.tolist() == [[0, 1, 0, 1], [2, 3, 2, 3], [4, 5, 4, 5]]
    taken, reverse = data["user", "takes", "item"], data["item", "rev_takes", "user"]
    assert taken.edge_index.tolist() == [USER.tolist(), ITEM.tolist()]
    assert torch.equal(reverse.edge_index, taken.edge_index.flip(0))
    assert taken.rating.tolist() == reverse.rating.tolist() == RATING.tolist()
    friends = data["user", "friends", "user"]
    assert friends.edge_index.t().tolist() == [[1, 0], [3, 0], [0, 1], [0, 3]]
    assert friends.weight.tolist() == [2, 1, 2, 1]
    assert data.validate()


def test_there_and_back_again() -> None:
    for log in (LOG, Interactions(USER, ITEM, 4, 3)):
        found = interactions_of(hetero_data(build_graph(log, CPU)))
        assert (found.n_users, found.n_items) == (4, 3)
        np.testing.assert_array_equal(found.user, USER)
        np.testing.assert_array_equal(found.item, ITEM)
        assert (found.rating is None) == (log.rating is None)
        if found.rating is not None:
            np.testing.assert_array_equal(found.rating, RATING)


def test_edges_that_are_not_there() -> None:
    data = hetero_data(build_graph(LOG, CPU))
    with pytest.raises(
        DataError, match=r"no edges \('user', 'likes', 'item'\); there are: \('user', 'takes', 'item'\)"
    ):
        interactions_of(data, ("user", "likes", "item"))
