"""Known and new items and users apart, against loops."""

import numpy as np
import torch

from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluator, usual_metrics
from gnas.evaluate.groups import known_and_new
from gnas.nn.recommender import Recommender

CPU = torch.device("cpu")
N_USERS, N_ITEMS = 12, 20


class Fixed:
    n_users, n_items = N_USERS, N_ITEMS

    def __init__(self) -> None:
        order = torch.randperm(N_USERS * N_ITEMS, generator=torch.Generator().manual_seed(0))
        self.score_UI = order.float().view(N_USERS, N_ITEMS)

    def score(self, users: torch.Tensor) -> torch.Tensor:
        return self.score_UI[users].clone()


def world() -> tuple[Interactions, Interactions]:
    """Items from 15 and users from 10 do not occur in train."""
    rng = np.random.default_rng(0)
    taken = rng.random((N_USERS, N_ITEMS)) < 0.5
    known = (np.arange(N_USERS)[:, None] < 10) & (np.arange(N_ITEMS) < 15) & taken
    train_part = known & (rng.random((N_USERS, N_ITEMS)) < 0.6)
    train_part[:10, :15] |= np.eye(10, 15, dtype=bool) | np.eye(10, 15, 5, dtype=bool)

    def interactions(part: np.ndarray) -> Interactions:
        user, item = np.nonzero(part)
        return Interactions(user, item, N_USERS, N_ITEMS)

    return interactions(train_part), interactions(taken & ~train_part)


def test_groups_share_the_target_out_by_what_train_has() -> None:
    train, target = world()
    groups = known_and_new(target, train)
    assert list(groups) == ["known items", "new items", "known users", "new users"]
    items, users = set(train.item.tolist()), set(train.user.tolist())
    pairs = {name: list(zip(part.user.tolist(), part.item.tolist(), strict=True)) for name, part in groups.items()}
    everything = list(zip(target.user.tolist(), target.item.tolist(), strict=True))
    assert pairs["new items"] == [(u, i) for u, i in everything if i not in items] != []
    assert pairs["known items"] == [(u, i) for u, i in everything if i in items]
    assert pairs["new users"] == [(u, i) for u, i in everything if u not in users] != []
    assert pairs["known users"] == [(u, i) for u, i in everything if u in users]


def test_nothing_new_means_no_groups() -> None:
    train, target = world()
    known = target.take((target.item < 15) & (target.user < 10))
    assert known_and_new(known, train) == {}
    assert list(known_and_new(target.take(target.item >= 15), train)) == ["new items", "known users", "new users"]


def recall(model: Fixed, train: Interactions, part: Interactions, offered: set[int], k: int) -> dict[int, float]:
    seen = set(zip(train.user.tolist(), train.item.tolist(), strict=True))
    found = {}
    for user in sorted(set(part.user.tolist())):
        ranked = [i for i in np.argsort(-model.score_UI[user].numpy()) if i in offered and (user, int(i)) not in seen]
        relevant = set(part.item[part.user == user].tolist())
        found[user] = len(relevant & set(ranked[:k])) / len(relevant)
    return found


def test_new_items_are_ranked_over_all_items_or_among_themselves() -> None:
    train, target = world()
    model: Recommender = Fixed()
    assert isinstance(model, Fixed)
    part = known_and_new(target, train)["new items"]
    new = set(range(15, N_ITEMS))
    for offered, ranked in ((None, set(range(N_ITEMS))), (np.array(sorted(new)), new)):
        evaluator = Evaluator(part, train, [3], 0, CPU, metrics=usual_metrics(of_groups=True))
        evaluation = (evaluator if offered is None else evaluator.among(offered))(model)
        expected = recall(model, train, part, ranked, 3)
        assert evaluation.users.tolist() == list(expected)
        np.testing.assert_allclose(evaluation.per_user["recall@3"], list(expected.values()))
