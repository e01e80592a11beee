"""Planted worlds for baselines: who belongs to which block is hidden behind shuffled ids."""

from dataclasses import dataclass

import numpy as np
import torch

from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.recommender import Recommender

CPU = torch.device("cpu")


@dataclass(frozen=True)
class World:
    """Train and the one item withheld from every user; the last user and the last item have no interactions."""

    train: Interactions
    withheld: Interactions
    graph: Graph
    dense_UI: np.ndarray


def planted(blocks: int = 3, users_per_block: int = 20, items_per_block: int = 12, seed: int = 0) -> World:
    """Every user has taken all items of their block but one, which is withheld, and one item of another block."""
    rng = np.random.default_rng(seed)
    n_users, n_items = blocks * users_per_block, max(blocks, 2) * items_per_block
    dense_UI = np.zeros((n_users + 1, n_items + 1))
    users, items = rng.permutation(n_users), rng.permutation(n_items)
    withheld = np.zeros(n_users, dtype=np.int64)
    for place, user in enumerate(users):
        block = place % blocks
        own = items[block * items_per_block : (block + 1) * items_per_block]
        others = np.setdiff1d(items, own)
        dense_UI[user, own] = 1
        dense_UI[user, rng.choice(others)] = 1
        withheld[user] = own[(place // blocks) % items_per_block]
        dense_UI[user, withheld[user]] = 0
    user, item = np.nonzero(dense_UI)
    shape = (n_users + 1, n_items + 1)
    train = Interactions(user, item, *shape)
    return World(train, Interactions(np.arange(n_users), withheld, *shape), build_graph(train, CPU), dense_UI)


def unseen_scores(recommender: Recommender, world: World) -> np.ndarray:
    """Scores of all users but the empty one, −inf at seen items."""
    scores = recommender.score(torch.arange(world.graph.n_users - 1))
    return np.where(world.dense_UI[:-1] > 0, -np.inf, scores.numpy().astype(float))


def random_world(n_users: int = 40, n_items: int = 25, seed: int = 0, *, ratings: bool = False) -> World:
    """Interactions without structure; the last user and the last item have none."""
    rng = np.random.default_rng(seed)
    dense_UI = (rng.random((n_users, n_items)) < 0.25 * rng.uniform(0.3, 2.0, n_items)).astype(float)
    dense_UI[-1] = 0
    dense_UI[:, -1] = 0
    user, item = np.nonzero(dense_UI)
    rating = rng.integers(1, 6, len(user)).astype(np.float32) if ratings else None
    train = Interactions(user, item, n_users, n_items, rating=rating)
    return World(train, train.take(np.zeros(0, dtype=np.int64)), build_graph(train, CPU), dense_UI)
