"""Planted worlds: blocks of users who like blocks of items, so that what can be learnt is known.

A user draws distinct items from the own block (with chance `noise` from any other), popular ones more often: the item
of rank r within its block has weight (r + 1)^-popularity. Who wants more than the block has gets what there is. Which
user or item is in which block says nothing about its number.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from gnas.config.data import SyntheticConfig
from gnas.data.interactions import Interactions
from gnas.data.ordering import positions, stable_order
from gnas.data.synthetic_text import item_table, user_table
from gnas.rng import numpy_rng

START = 1_600_000_000  # September 2020
SPAN_S = 2 * 365 * 86_400
FRIENDS = 5  # of each user, on average, counted once per pair
LOYAL = 0.9  # share of friendships within a block
ROUNDS = 20  # redraws of what a user has already

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class World:
    """A planted world and the plan behind it.

    `user_block` int64 [U], `item_block` int64 [I]; `interactions` in order of user and item, without repetitions;
    `users` and `items` one row each in order of their numbers; `friends` int64 [pairs, 2], first below second, sorted.
    """

    user_block: np.ndarray
    item_block: np.ndarray
    interactions: Interactions
    users: pl.DataFrame
    items: pl.DataFrame
    friends: np.ndarray


def make_world(config: SyntheticConfig) -> World:
    """The world of `config`; the same configuration makes the same world."""
    blocks = min(config.blocks, config.users, config.items)
    user_block = _shuffled_blocks(config.users, blocks, numpy_rng(config.seed, "synthetic", "user blocks"))
    item_block = _shuffled_blocks(config.items, blocks, numpy_rng(config.seed, "synthetic", "item blocks"))
    user, item = _pairs(config, user_block, item_block)
    rating = _ratings(config, user, item, user_block[user] == item_block[item]) if config.ratings else None
    start_U = numpy_rng(config.seed, "synthetic", "first times").integers(0, SPAN_S // 2, config.users)
    later_E = numpy_rng(config.seed, "synthetic", "times").integers(0, SPAN_S // 2, len(user))
    time = START + start_U[user] + later_E
    return World(
        user_block,
        item_block,
        Interactions(user, item, config.users, config.items, rating, time),
        user_table(user_block, config.seed),
        item_table(item_block, config.seed),
        _friends(user_block, config.seed),
    )


def _shuffled_blocks(n: int, blocks: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.arange(n, dtype=np.int64) % blocks)


def _pairs(config: SyntheticConfig, user_block: np.ndarray, item_block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs of user and item, in order."""
    rng = numpy_rng(config.seed, "synthetic", "interactions")
    draw = _drawer(config, item_block)
    wanted_U = np.clip(rng.poisson(config.interactions_per_user, config.users), 1, config.items)
    missing_U = wanted_U
    key = np.empty(0, dtype=np.int64)  # user · items + item, sorted
    for _ in range(ROUNDS):
        user = np.repeat(np.arange(config.users), missing_U)
        key = np.sort(np.concatenate([key, user * config.items + draw(user_block[user], rng)]))
        new = np.ones(len(key), dtype=bool)
        new[1:] = key[1:] != key[:-1]
        key = key[new]
        missing_U = wanted_U - np.bincount(key // config.items, minlength=config.users)
        missing = int(missing_U.sum())
        # Redraws are few after the first round; a world of millions is not sorted again for the last thousandth.
        if not missing or (len(key) > 100_000 and missing <= len(key) // 1000):
            break
    return key // config.items, key % config.items


def _drawer(config: SyntheticConfig, item_block: np.ndarray) -> Draw:
    """A function that draws an item for each block, by inverting the summed weights of the items sorted by block."""
    rng = numpy_rng(config.seed, "synthetic", "popularity")
    blocks = int(item_block.max()) + 1
    order = rng.permutation(len(item_block))
    order = order[stable_order(item_block[order], blocks)]
    count_B = np.bincount(item_block, minlength=blocks)
    rank, _ = positions(item_block[order], blocks)
    weight = (rank + 1.0) ** -config.popularity
    ends = np.cumsum(weight)
    last_B = np.cumsum(count_B) - 1
    high_B = ends[last_B]
    low_B = np.concatenate([[0.0], high_B[:-1]])

    def draw(block_E: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        low, high = low_B[block_E], high_B[block_E]
        chance = rng.random(len(block_E))
        point = low + chance * (high - low)
        if blocks > 1 and config.noise > 0:
            other = chance * (ends[-1] - (high - low))  # all blocks but the own one
            other += np.where(other >= low, high - low, 0.0)
            point = np.where(rng.random(len(block_E)) < config.noise, other, point)
        place = np.minimum(np.searchsorted(ends, point, side="right"), len(order) - 1)
        return order.take(place)

    return draw


def _ratings(config: SyntheticConfig, user: np.ndarray, item: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Whole stars from 1 to 5: about 4 in the own block and 2.5 elsewhere, users and items a little kinder or worse."""
    rng = numpy_rng(config.seed, "synthetic", "ratings")
    mood_U = rng.normal(0, 0.3, config.users)
    charm_I = rng.normal(0, 0.3, config.items)
    stars = np.where(own, 4.0, 2.5) + mood_U[user] + charm_I[item] + rng.normal(0, 0.5, len(user))
    return np.clip(np.rint(stars), 1, 5).astype(np.float32)


def _friends(user_block: np.ndarray, seed: int) -> np.ndarray:
    """Distinct pairs of users, mostly of one block."""
    rng = numpy_rng(seed, "synthetic", "friends")
    n = len(user_block)
    first = np.repeat(np.arange(n, dtype=np.int64), rng.poisson(FRIENDS / 2, n))
    order = stable_order(user_block, int(user_block.max()) + 1)
    count_B = np.bincount(user_block)
    start_B = np.cumsum(count_B) - count_B
    block = user_block[first]
    mate = order[start_B[block] + (rng.random(len(first)) * count_B[block]).astype(np.int64)]
    second = np.where(rng.random(len(first)) < LOYAL, mate, rng.integers(0, n, len(first)))
    pairs = np.stack([np.minimum(first, second), np.maximum(first, second)], axis=1)
    return np.unique(pairs[first != second], axis=0)
