"""Planted worlds: blocks of users like blocks of items, so that one knows what can be learnt.

A user draws distinct items from the own block (with chance `noise` from any other), popular ones more often: the item
of rank r within its block has weight (r + 1)^-popularity. Who wants more than the block has gets what there is. Which
user or item is in which block says nothing about its number.

With a funnel those are the pairs of its first behaviour. A share of them goes on to the next, and so on to the target,
which then says less of the blocks than the behaviours before it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from gnas.config.data import SyntheticConfig
from gnas.data.interactions import Interactions
from gnas.data.ordering import positions, stable_order
from gnas.data.synthetic_text import item_table, user_table
from gnas.rng import numpy_rng

START = 1_600_000_000  # September 2020
SPAN_S = 2 * 365 * 86_400
ROUNDS = 20  # redraws of what a user has already
Pairs = tuple[np.ndarray, np.ndarray]
"""Users and items, int64 [n] each."""


@dataclass(frozen=True)
class World:
    """A planted world and the plan behind it.

    `user_block` int64 [U], `item_block` int64 [I]; `interactions` in order of user and item, without repetitions;
    `users` and `items` one row each in order of their numbers.
    """

    user_block: np.ndarray
    item_block: np.ndarray
    interactions: Interactions
    users: pl.DataFrame
    items: pl.DataFrame
    behaviours: dict[str, Interactions] = field(default_factory=dict)


def make_world(config: SyntheticConfig) -> World:
    """The world of `config`; the same configuration makes the same world."""
    blocks = min(config.blocks, config.users, config.items)
    user_block = _shuffled_blocks(config.users, blocks, numpy_rng(config.seed, "synthetic", "user blocks"))
    item_block = _shuffled_blocks(config.items, blocks, numpy_rng(config.seed, "synthetic", "item blocks"))
    pairs = _pairs(_widened(config), user_block, item_block)
    stages = _stages(config, pairs)
    user, item = stages.pop("")
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
        _behaviours(config, stages, start_U),
    )


def _widened(config: SyntheticConfig) -> SyntheticConfig:
    """As many interactions as the first behaviour of the funnel has events."""
    widest = config.interactions_per_user / float(np.prod(list(config.funnel.values())))
    return config.model_copy(update={"interactions_per_user": widest}) if config.funnel else config


def _stages(config: SyntheticConfig, pairs: Pairs) -> dict[str, Pairs]:
    """The pairs of each behaviour of the funnel, each among those before it; the target has an empty name."""
    stages, rng = {}, numpy_rng(config.seed, "synthetic", "funnel")
    names = [*config.funnel, ""]
    for name, share in zip(names, [*config.funnel.values(), 1.0], strict=True):
        stages[name] = pairs
        goes_on = rng.random(len(pairs[0])) < share
        pairs = pairs[0][goes_on], pairs[1][goes_on]
    return stages


def _behaviours(config: SyntheticConfig, stages: dict[str, Pairs], start_U: np.ndarray) -> dict[str, Interactions]:
    """The behaviours of the funnel, and what says nothing. All of a user's events happen before any interaction."""
    if config.aside:
        nowhere = config.model_copy(
            update={"interactions_per_user": config.aside, "noise": 0.0, "seed": config.seed + 1}
        )
        one = np.zeros(max(config.users, config.items), dtype=np.int64)  # one block of all
        stages = {**stages, "aside": _pairs(nowhere, one[: config.users], one[: config.items])}
    return {
        name: Interactions(user, item, config.users, config.items, time=START + start_U[user] - len(stages) + at)
        for at, (name, (user, item)) in enumerate(stages.items())
    }


def _shuffled_blocks(n: int, blocks: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.arange(n, dtype=np.int64) % blocks)


def _pairs(config: SyntheticConfig, user_block: np.ndarray, item_block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs of user and item, in order: first how many, then those of the own block, then the others."""
    rng = numpy_rng(config.seed, "synthetic", "interactions")
    wanted_U = np.clip(rng.poisson(config.interactions_per_user, config.users), 1, config.items)
    noise = config.noise if int(item_block.max()) > 0 else 0.0
    outside_U = rng.binomial(wanted_U, noise)
    shelves = _Shelves(item_block, config)
    own = _distinct(wanted_U - outside_U, lambda user: shelves.inside(user_block[user], rng), config.items)
    other = _distinct(outside_U, lambda user: shelves.outside(user_block[user], rng), config.items)
    key = np.sort(np.concatenate([own, other]))
    return key // config.items, key % config.items


def _distinct(wanted_U: np.ndarray, draw: Callable[[np.ndarray], np.ndarray], n_items: int) -> np.ndarray:
    """Keys user · n_items + item, sorted, `wanted_U` of each user; what a user has already is drawn again."""
    missing_U = wanted_U
    key = np.empty(0, dtype=np.int64)
    for _ in range(ROUNDS):
        user = np.repeat(np.arange(len(wanted_U)), missing_U)
        key = np.sort(np.concatenate([key, user * n_items + draw(user)]))
        new = np.ones(len(key), dtype=bool)
        new[1:] = key[1:] != key[:-1]
        key = key[new]
        missing_U = wanted_U - np.bincount(key // n_items, minlength=len(wanted_U))
        missing = int(missing_U.sum())
        # Redraws are few after the first round; a world of millions is not sorted again for the last thousandth.
        if not missing or (len(key) > 100_000 and missing <= len(key) // 1000):
            break
    return key


class _Shelves:
    """Items sorted by block, their weights laid end to end on a line; a point on the line is an item."""

    def __init__(self, item_block: np.ndarray, config: SyntheticConfig) -> None:
        blocks = int(item_block.max()) + 1
        order = numpy_rng(config.seed, "synthetic", "popularity").permutation(len(item_block))
        self.item = order[stable_order(item_block[order], blocks)]
        rank, count_B = positions(item_block[self.item], blocks)
        self.end = np.cumsum((rank + 1.0) ** -config.popularity)
        self.high_B = self.end[np.cumsum(count_B) - 1]
        self.low_B = np.concatenate([[0.0], self.high_B[:-1]])

    def inside(self, block_E: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An item of each block."""
        low, high = self.low_B[block_E], self.high_B[block_E]
        return self._at(low + rng.random(len(block_E)) * (high - low))

    def outside(self, block_E: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An item of any other block."""
        low, high = self.low_B[block_E], self.high_B[block_E]
        point = rng.random(len(block_E)) * (self.end[-1] - (high - low))
        return self._at(point + np.where(point >= low, high - low, 0.0))

    def _at(self, point: np.ndarray) -> np.ndarray:
        place = np.minimum(np.searchsorted(self.end, point, side="right"), len(self.item) - 1)
        return np.asarray(self.item[place], dtype=np.int64)


def _ratings(config: SyntheticConfig, user: np.ndarray, item: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Whole stars from 1 to 5: about 4 in the own block and 2.5 elsewhere, users and items a little kinder or worse."""
    rng = numpy_rng(config.seed, "synthetic", "ratings")
    mood_U = rng.normal(0, 0.3, config.users)
    charm_I = rng.normal(0, 0.3, config.items)
    stars = np.where(own, 4.0, 2.5) + mood_U[user] + charm_I[item] + rng.normal(0, 0.5, len(user))
    return np.asarray(np.clip(np.rint(stars), 1, 5), dtype=np.float32)
