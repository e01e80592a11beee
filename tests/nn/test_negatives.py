"""Negatives are never known, follow their distribution, and find the last unseen item of a user who has all others."""

import numpy as np
import pytest
import torch

from gnas.config.samplings import (
    SAMPLINGS,
    HardSampling,
    InBatchSampling,
    PopularitySampling,
    Sampling,
    UniformSampling,
)
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import build_graph
from gnas.nn.negatives import Unseen
from gnas.nn.positives import Positives, positives

SPECS: dict[str, Sampling] = {
    "uniform": UniformSampling(),
    "popularity": PopularitySampling(),
    "in-batch": InBatchSampling(),
    "hard": HardSampling(candidates=3),
}


def world(taken: np.ndarray) -> Positives:
    user, item = np.nonzero(taken)
    return positives(build_graph(Interactions(user, item, *taken.shape), torch.device("cpu")))


def random_world(n_users: int = 30, n_items: int = 25, share: float = 0.4) -> np.ndarray:
    return np.asarray(np.random.default_rng(1).random((n_users, n_items)) < share)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def no_score(item_BK: torch.Tensor) -> torch.Tensor:
    return item_BK.float()


def test_every_sampling_is_tested() -> None:
    assert list(SAMPLINGS) == sorted(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_no_negative_is_known(name: str) -> None:
    taken = random_world()
    taken[0] = False  # a user without interactions
    taken[1] = True
    taken[1, 7] = False  # a user who has all but one
    sampler = SPECS[name].build(world(taken))
    users, items = (torch.from_numpy(side) for side in np.nonzero(taken))
    users, items = torch.cat([users, torch.zeros(5, dtype=torch.int64)]), torch.cat([items, torch.arange(5)])
    drawn = sampler.each(users, items, 20, no_score, generator())
    assert drawn.item_BK.shape == (len(users), 20)
    assert drawn.known_BK is None
    assert not taken[users[:, None].numpy(), drawn.item_BK.numpy()].any()
    assert (drawn.item_BK[users == 1] == 7).all()


@pytest.mark.parametrize("name", SPECS)
def test_user_who_has_everything_is_masked(name: str) -> None:
    taken = random_world()
    taken[3] = True
    sampler = SPECS[name].build(world(taken))
    users = torch.tensor([3, 4, 3])
    drawn = sampler.each(users, torch.tensor([0, 1, 2]), 6, no_score, generator())
    assert drawn.known_BK is not None
    assert drawn.known_BK.tolist() == [[True] * 6, [False] * 6, [True] * 6]
    assert ((drawn.item_BK >= 0) & (drawn.item_BK < 25)).all()
    assert not taken[4, drawn.item_BK[1].numpy()].any()


def frequencies(sampler: Unseen, user: int, n: int = 40_000) -> np.ndarray:
    drawn = sampler.each(torch.tensor([user]), torch.tensor([0]), n, no_score, generator()).item_BK
    return torch.bincount(drawn[0], minlength=sampler.known.n_items).numpy() / n


@pytest.mark.parametrize("user", [0, 5, 29])
def test_uniform_draws_are_uniform_over_unseen_items(user: int) -> None:
    taken = random_world()
    sampler = UniformSampling().build(world(taken))
    assert isinstance(sampler, Unseen)
    unseen = ~taken[user]
    np.testing.assert_allclose(frequencies(sampler, user), unseen / unseen.sum(), atol=0.01)


@pytest.mark.parametrize("exponent", [0.0, 0.75, 2.0])
def test_popular_items_are_drawn_by_their_weight(exponent: float) -> None:
    taken = random_world() * (np.arange(25) % 5 + np.random.default_rng(2).random((30, 25)) * 4 > 3)
    sampler = PopularitySampling(exponent=exponent).build(world(taken))
    assert isinstance(sampler, Unseen)
    for user in (2, 17):
        weight = taken.sum(0).astype(float) ** exponent * ~taken[user]
        np.testing.assert_allclose(frequencies(sampler, user), weight / weight.sum(), atol=0.01)


def test_hard_negative_is_the_highest_scored_of_its_candidates() -> None:
    taken = random_world()
    known = world(taken)
    users = torch.arange(30).repeat(40)
    hard = HardSampling(candidates=8).build(known).each(users, users * 0, 1, no_score, generator())
    plain = UniformSampling().build(known).each(users, users * 0, 8, no_score, generator())
    assert torch.equal(hard.item_BK[:, 0], plain.item_BK.amax(1))


def test_in_batch_negatives_come_from_the_batch() -> None:
    taken = np.eye(6, 40, dtype=bool)
    sampler = InBatchSampling().build(world(taken))
    drawn = sampler.each(torch.arange(6), torch.arange(6), 50, no_score, generator())
    assert drawn.item_BK.max() < 6
    shared = sampler.shared(torch.arange(6) + 9, 4, generator())
    assert len(set(shared.tolist())) == 4
    assert set(shared.tolist()) <= set(range(9, 15))


@pytest.mark.parametrize(("name", "expected"), [("uniform", 7), ("popularity", 7), ("in-batch", 7), ("hard", 21)])
def test_shared_negatives(name: str, expected: int) -> None:
    sampler = SPECS[name].build(world(random_world()))
    item = sampler.shared(torch.arange(20), 7, generator())
    assert len(item) == expected == 7 * sampler.group
    assert ((item >= 0) & (item < 25)).all()


def test_as_many_shared_negatives_as_items_are_all_items() -> None:
    sampler = UniformSampling().build(world(random_world()))
    assert sampler.shared(torch.arange(3), 100, generator()).tolist() == list(range(25))


@pytest.mark.parametrize("told", [True, False])
def test_mask_of_known_items_with_repeated_columns_and_rows(told: bool) -> None:
    taken = random_world()
    users, items = np.array([4, 9, 4, 0]), np.array([3, 3, 11, 24, 0, 3])
    n_known = int(taken[users].sum()) if told else None
    mask = world(taken).taken.mask(torch.from_numpy(users), torch.from_numpy(items), n_known)
    np.testing.assert_array_equal(mask.numpy(), taken[np.ix_(users, items)])


def test_lookups_of_single_items() -> None:
    taken = random_world()
    users = np.array([0, 29, 7])
    items = np.arange(75).reshape(3, 25) % 25
    found = world(taken).taken.contains(torch.from_numpy(users), torch.from_numpy(items))
    np.testing.assert_array_equal(found.numpy(), taken[users])


def test_exact_draws_hold_for_many_users_and_heavy_weights() -> None:
    """The sorted keys of weighted draws stay within 64 bits and never touch a neighbour's range."""
    rng = np.random.default_rng(3)
    n_users, n_items = 5000, 300
    pair = np.unique(rng.integers(0, n_users * n_items, 60_000))
    user, item = pair // n_items, (np.minimum(rng.geometric(0.02, len(pair)), n_items) - 1)
    known = positives(build_graph(Interactions(user, item, n_users, n_items), torch.device("cpu")))
    sampler = PopularitySampling(exponent=2.0).build(known)
    users = torch.arange(n_users)
    drawn = sampler.each(users, users * 0, 8, no_score, generator()).item_BK
    assert not known.taken.contains(users, drawn).any()
