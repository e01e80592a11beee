"""Blends against formulas in NumPy, in double precision."""

import numpy as np
import pytest
import torch

from gnas.nn.blend import keeping, standardised, weighted_sum


class Table:
    """A recommender with a given score for every pair; counts how often it is asked."""

    def __init__(self, score_UI: torch.Tensor) -> None:
        self.score_UI = score_UI
        self.n_users, self.n_items = score_UI.shape
        self.asked = 0

    def score(self, users: torch.Tensor) -> torch.Tensor:
        self.asked += 1
        return self.score_UI[users]


def table(seed: int, scale: float = 1.0, offset: float = 0.0) -> Table:
    return Table(torch.randn(6, 40, generator=torch.Generator().manual_seed(seed)) * scale + offset)


def in_numpy(score_UI: torch.Tensor) -> np.ndarray:
    score = score_UI.double().numpy()
    return np.array([(row - row.mean()) / np.sqrt(((row - row.mean()) ** 2).mean()) for row in score])


def test_a_blend_is_the_weighted_sum_of_what_its_members_say_on_one_scale() -> None:
    models = [table(0), table(1, scale=1e-3), table(2, scale=50.0, offset=400.0)]
    weights = [0.5, 0.3, 0.2]
    users = torch.tensor([4, 0, 5])
    parts = [weight * in_numpy(model.score_UI) for model, weight in zip(models, weights, strict=True)]
    blend = weighted_sum([standardised(model) for model in models], weights)
    assert np.allclose(blend.score(users).numpy(), np.sum(parts, axis=0)[users.numpy()], atol=1e-4)
    assert (blend.n_users, blend.n_items) == (6, 40)
    plain = torch.stack([weight * model.score_UI.double() for model, weight in zip(models, weights, strict=True)]).sum(
        0
    )
    assert torch.allclose(weighted_sum(models, weights).score(users).double(), plain[users], rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 3.7, -1e6])
def test_scores_that_are_all_the_same_say_nothing(value: float) -> None:
    score_UI = table(0).score_UI.clone()
    score_UI[2] = value
    score_UI[3] = value + torch.arange(40) * abs(value) * 1e-9
    users = torch.arange(6)
    found = standardised(Table(score_UI)).score(users)
    assert found[2:4].abs().max() == 0
    rest = [0, 1, 4, 5]
    assert np.allclose(found[rest].numpy(), in_numpy(score_UI[rest]), atol=1e-5)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_stays_so(bad: float) -> None:
    score_UI = table(0).score_UI.clone()
    score_UI[1, 7] = bad
    found = weighted_sum([standardised(Table(score_UI)), standardised(table(1))], [0.5, 0.5]).score(torch.arange(3))
    assert found.isfinite().all(1).tolist() == [True, False, True]


def test_the_caller_may_write_into_scores() -> None:
    shared = Table(torch.arange(40.0).expand(6, -1))
    users = torch.arange(2)
    for model in (standardised(shared), weighted_sum([shared], [1.0]), keeping(table(0))):
        first = model.score(users).clone()
        model.score(users).fill_(-torch.inf)
        assert model.score(users).equal(first)
    assert shared.score_UI[0].equal(torch.arange(40.0))


def test_the_same_users_are_scored_once_and_others_anew() -> None:
    model = table(0)
    kept, everyone = keeping(model), torch.arange(6)
    for part in (slice(0, 3), slice(0, 3), slice(3, 6), slice(3, 5)):
        assert kept.score(everyone[part]).equal(model.score_UI[part])
    assert model.asked == 3
    for _ in range(3):
        users = torch.tensor([5, 1])  # new each time: the place of one that is gone may be taken again
        assert kept.score(users).equal(model.score_UI[[5, 1]])


def test_members_must_be_of_one_world() -> None:
    for members, weights in (([], []), ([table(0)], [0.5, 0.5]), ([table(0), Table(torch.zeros(6, 3))], [0.5, 0.5])):
        with pytest.raises(ValueError, match="weights for"):
            weighted_sum(members, weights)
