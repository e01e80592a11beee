"""What holds for every registered baseline."""

import inspect

import numpy as np
import pytest
import torch

from gnas.baselines import BASELINES, baselines_for
from gnas.nn.recommender import Recommender
from tests.baselines.baseline_worlds import World, planted, random_world, unseen_scores

RANKING = baselines_for("ndcg@20")


def test_the_registry_holds_what_is_promised() -> None:
    assert RANKING == ["ease", "gf-cf", "ials", "item-knn", "popularity", "rp3beta"]
    assert baselines_for("rmse") == baselines_for("mae") == ["bias", "mean"]
    assert sorted([*RANKING, "bias", "mean"]) == list(BASELINES)


@pytest.fixture(scope="module", params=list(BASELINES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_grids_name_parameters_start_with_the_defaults_and_do_not_repeat(name: str) -> None:
    baseline = BASELINES[name]
    known = inspect.signature(baseline.candidate or baseline.fit).parameters
    for settings in baseline.grid:
        assert set(settings) <= set(known)
    assert all(known[key].default == value for key, value in baseline.grid[0].items())
    assert len({str(settings) for settings in baseline.grid}) == len(baseline.grid) >= 1


@pytest.mark.parametrize("ranker", RANKING)
def test_a_withheld_item_is_ranked_first(ranker: str) -> None:
    world = planted(blocks=1 if ranker == "popularity" else 3)  # one taste for all is what popularity can know
    best_U = unseen_scores(BASELINES[ranker].fit(world.graph), world).argmax(1)
    np.testing.assert_array_equal(best_U, world.withheld.item)


def _fitted(name: str, world: World) -> list[Recommender]:
    return [BASELINES[name].fit(world.graph, **settings) for settings in BASELINES[name].grid]


def test_scores_are_finite_with_an_empty_user_and_an_empty_item(name: str) -> None:
    world = random_world(ratings=True)
    for recommender in _fitted(name, world):
        assert isinstance(recommender, Recommender)
        assert (recommender.n_users, recommender.n_items) == (40, 25)
        scores = recommender.score(torch.arange(40))
        assert scores.shape == (40, 25)
        assert scores.dtype == torch.float32
        assert scores.isfinite().all()


def test_scores_may_be_written_into_and_do_not_depend_on_the_company(name: str) -> None:
    recommender = BASELINES[name].fit(random_world(ratings=True).graph)
    users = torch.tensor([5, 0, 17])
    kept = recommender.score(users).clone()
    recommender.score(users).fill_(-torch.inf)
    torch.testing.assert_close(recommender.score(users), kept)
    torch.testing.assert_close(recommender.score(users[1:2]), kept[1:2])


def test_fitting_twice_gives_the_same_bits(name: str) -> None:
    users = torch.arange(40)
    first, second = (BASELINES[name].fit(random_world(ratings=True).graph).score(users) for _ in range(2))
    assert torch.equal(first, second)
