"""Planted worlds are what they claim to be."""

from pathlib import Path

import numpy as np
import pytest

from gnas.config.data import DataConfig, SyntheticConfig
from gnas.data.prepare import prepare
from gnas.data.synthetic import World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SyntheticConfig(users=2000, items=600, interactions_per_user=25, blocks=6, ratings=True))


def test_a_world_is_the_same_again_and_another_with_another_seed() -> None:
    first, again, other = (make_world(SyntheticConfig(ratings=True, seed=seed)) for seed in (1, 1, 2))
    for name in ("user", "item", "rating", "time"):
        np.testing.assert_array_equal(getattr(first.interactions, name), getattr(again.interactions, name))
    assert first.items.equals(again.items)
    assert first.users.equals(again.users)
    assert not first.items.equals(other.items)
    assert (
        len(first.interactions) != len(other.interactions) or (first.interactions.item != other.interactions.item).any()
    )


def test_pairs_are_distinct_sorted_and_as_many_as_asked(world: World) -> None:
    log = world.interactions
    key = log.user * log.n_items + log.item
    assert (np.diff(key) > 0).all()
    assert len(log) == pytest.approx(2000 * 25, rel=0.02)
    assert np.bincount(log.user, minlength=2000).min() >= 1


def test_most_interactions_stay_in_the_block_and_noise_leaves_it(world: World) -> None:
    log = world.interactions
    own = world.user_block[log.user] == world.item_block[log.item]
    assert own.mean() == pytest.approx(0.9, abs=0.01)
    pure = make_world(SyntheticConfig(noise=0.0, interactions_per_user=10))
    assert (pure.user_block[pure.interactions.user] == pure.item_block[pure.interactions.item]).all()
    none = make_world(SyntheticConfig(noise=1.0, interactions_per_user=10))
    assert not (none.user_block[none.interactions.user] == none.item_block[none.interactions.item]).any()


def test_blocks_are_equal_in_size_and_say_nothing_about_numbers(world: World) -> None:
    assert set(np.bincount(world.user_block).tolist()) <= {333, 334}
    assert np.bincount(world.item_block).tolist() == [100] * 6
    assert abs(np.corrcoef(np.arange(600), world.item_block)[0, 1]) < 0.15
    assert np.unique(world.item_block[:50]).size == 6


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_popularity_within_a_block_follows_the_power_law(exponent: float) -> None:
    config = SyntheticConfig(
        users=20_000, items=400, interactions_per_user=5, blocks=2, noise=0.0, popularity=exponent, seed=3
    )
    world = make_world(config)
    counts = np.bincount(world.interactions.item, minlength=400)
    ranked = np.sort(counts[world.item_block == 0])[::-1]
    slope = np.polyfit(np.log(np.arange(5, 200)), np.log(ranked[5:]), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.15)


def test_a_user_who_wants_more_than_the_block_has_gets_all_of_it() -> None:
    world = make_world(SyntheticConfig(users=30, items=18, interactions_per_user=40, blocks=3, noise=0, popularity=0))
    assert np.bincount(world.interactions.user).tolist() == [6] * 30


def test_ratings_are_stars_and_higher_in_the_own_block(world: World) -> None:
    log = world.interactions
    assert log.rating is not None
    own = world.user_block[log.user] == world.item_block[log.item]
    assert set(log.rating.tolist()) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert log.rating[own].mean() > log.rating[~own].mean() + 1
    assert make_world(SyntheticConfig()).interactions.rating is None


def test_titles_use_the_words_of_their_block(world: World) -> None:
    titles = world.items["title"].to_list()
    words = [
        {word for title in np.array(titles)[world.item_block == b] for word in title.split()[1:]} for b in range(6)
    ]
    assert all(len(title.split()) == 4 for title in titles)
    assert all(not words[a] & words[b] for a in range(6) for b in range(a))
    assert all(len(group) == 12 for group in words)


def test_categories_and_occupations_mostly_tell_the_block(world: World) -> None:
    for values, block in ((world.items["category"], world.item_block), (world.users["occupation"], world.user_block)):
        array = values.to_numpy()
        right = sum(np.unique(array[block == b], return_counts=True)[1].max() for b in range(6))
        assert 0.75 < right / len(array) < 0.92


def test_times_are_after_2020_and_differ() -> None:
    time = make_world(SyntheticConfig()).interactions.time
    assert time is not None
    assert time.dtype == np.int64
    assert time.min() >= 1_600_000_000
    assert len(np.unique(time)) > 0.99 * len(time)


@pytest.mark.parametrize("config", [SyntheticConfig(users=2, items=2), SyntheticConfig(users=3, items=5, blocks=50)])
def test_tiny_worlds_and_too_many_blocks_work(config: SyntheticConfig) -> None:
    world = make_world(config)
    assert len(world.interactions) >= config.users
    assert len(world.items) == config.items


def test_a_prepared_world_keeps_numbers_and_attributes() -> None:
    config = DataConfig(source="synthetic", synthetic=SyntheticConfig(ratings=True))
    world = make_world(config.synthetic)
    split = prepare(config, 0, Path())
    assert split.user_ids.to_list() == list(range(500))
    assert split.items is not None
    assert split.items.equals(world.items)
    assert split.users is not None
    assert split.users.equals(world.users)
    got = np.concatenate([part.user * 300 + part.item for part in (split.train, split.valid, split.test)])
    np.testing.assert_array_equal(np.sort(got), world.interactions.user * 300 + world.interactions.item)


@pytest.mark.slow
def test_millions_of_interactions_take_seconds() -> None:
    world = make_world(SyntheticConfig(users=100_000, items=30_000, interactions_per_user=30, blocks=50))
    assert len(world.interactions) == pytest.approx(3_000_000, rel=0.01)


def test_a_funnel_narrows_at_the_shares_that_were_asked_for() -> None:
    config = SyntheticConfig(users=500, items=400, interactions_per_user=3, funnel={"view": 0.2, "cart": 0.4}, aside=10)
    world = make_world(config)
    assert list(world.behaviours) == ["view", "cart", "aside"]
    keys = [
        log.user * 400 + log.item for log in (world.behaviours["view"], world.behaviours["cart"], world.interactions)
    ]
    for wide, narrow, share in ((keys[0], keys[1], 0.2), (keys[1], keys[2], 0.4)):
        assert set(narrow.tolist()) < set(wide.tolist())
        assert len(narrow) / len(wide) == pytest.approx(share, abs=0.03)
    assert len(world.interactions) == pytest.approx(500 * 3, rel=0.05)
    aside = world.behaviours["aside"]
    same = world.user_block[aside.user] == world.item_block[aside.item]
    assert same.mean() == pytest.approx(1 / 8, abs=0.04)
    first_U = np.full(500, np.iinfo(np.int64).max)
    assert world.interactions.time is not None
    np.minimum.at(first_U, world.interactions.user, world.interactions.time)
    for log in world.behaviours.values():
        assert log.time is not None
        assert (log.time < first_U[log.user]).all()


def test_a_planted_funnel_is_read_as_behaviours(tmp_path: Path) -> None:
    keys = {"users": 200, "items": 100, "interactions_per_user": 3.0, "funnel": {"cart": 0.3}, "aside": 5.0}
    data = DataConfig.model_validate({"source": "synthetic", "synthetic": keys})
    split = prepare(data, 0, tmp_path)
    assert list(split.behaviours) == ["aside", "cart"]
    assert data.named_behaviours == ["cart", "aside"]
    held = split.test.user * split.n_items + split.test.item
    cart = split.behaviours["cart"].log
    assert np.isin(held, cart.user * split.n_items + cart.item).all()
