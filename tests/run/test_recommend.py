from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
import torch

from gnas.data.interactions import Interactions, Split
from gnas.errors import TrialFailed
from gnas.evaluate import ranking
from gnas.evaluate.evaluator import Evaluator
from gnas.metrics import METRICS, ListMetric, Lists
from gnas.rng import numpy_rng
from gnas.run.recommend import Known, ranked

CPU = torch.device("cpu")
N_USERS, N_ITEMS = 6, 8


class Fixed:
    """Scores known beforehand."""

    n_users, n_items = N_USERS, N_ITEMS

    def __init__(self) -> None:
        self.score_UI = torch.as_tensor(numpy_rng(1, "scores").permutation(N_USERS * N_ITEMS)).float().view(N_USERS, -1)

    def score(self, users: torch.Tensor) -> torch.Tensor:
        return self.score_UI[users]


def part(pairs: list[tuple[int, int]]) -> Interactions:
    user, item = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Interactions(user, item, N_USERS, N_ITEMS)


@pytest.fixture
def split() -> Split:
    """User 5 has a test interaction alone; user 0 took all items but one; user 4 took what nobody else did."""
    train = [(0, item) for item in range(6)] + [(1, 1), (2, 2), (3, 2), (4, 2), (4, 6), (4, 7)]
    ids = pl.Series([f"u{n}" for n in range(N_USERS)]), pl.Series(range(100, 100 + N_ITEMS))
    return Split(part(train), part([(0, 6), (1, 3)]), part([(2, 4), (5, 0)]), *ids, "f")


def oracle(split: Split, user: int, k: int) -> list[int]:
    taken = {
        int(item)
        for one in (split.train, split.valid, split.test)
        for who, item in zip(one.user, one.item, strict=True)
        if who == user
    }
    order = np.argsort(-Fixed().score_UI[user].numpy())
    return [100 + int(item) for item in order if int(item) not in taken][:k]


def test_each_user_gets_the_best_unseen_items_in_order(split: Split) -> None:
    found = ranked(Fixed(), split, CPU, 3)
    for user in range(5):
        rows = found.filter(pl.col("user") == f"u{user}")
        assert rows["item"].to_list() == oracle(split, user, 3)
        assert rows["rank"].to_list() == list(range(1, rows.height + 1))
        assert rows["score"].is_sorted(descending=True)
    assert found.filter(pl.col("user") == "u0").height == 1, "one item is left for user 0"


def test_blocks_do_not_change_the_result(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ranked(Fixed(), split, CPU, 3)
    monkeypatch.setattr(ranking, "CPU_BLOCK_MIB", 0)
    monkeypatch.setattr(ranking, "CPU_ROWS", 2)
    assert ranked(Fixed(), split, CPU, 3).equals(whole)


def test_unknown_and_untrained_users_get_the_most_popular_items_they_have_not_taken(split: Split) -> None:
    found = ranked(Fixed(), split, CPU, 2, ["nobody", "u5", "u1"])
    assert found["user"].to_list() == ["nobody", "nobody", "u5", "u5", "u1", "u1"]
    assert found["known"].to_list() == [False] * 4 + [True] * 2
    assert found["item"][0] == 102, "the most popular"
    assert found["score"][0] == 4.0
    assert 100 not in found.filter(pl.col("user") == "u5")["item"].to_list(), "taken in test"


def test_items_that_mean_nothing_to_the_model_are_shown_to_nobody(split: Split) -> None:
    fewer = Split(split.train.take(split.train.item != 7), split.valid, split.test, split.user_ids, split.item_ids, "f")
    alone = ranked(Fixed(), fewer, CPU, N_ITEMS)
    assert 107 not in alone["item"].to_list()
    assert ranked(Fixed(), fewer, CPU, N_ITEMS, ["nobody"]).height == N_ITEMS - 1, "nor by the popular list"
    everything = Known(np.ones(N_USERS, dtype=bool), np.ones(N_ITEMS, dtype=bool))
    served = ranked(Fixed(), fewer, CPU, N_ITEMS, ["u3", "u5"], everything)
    assert 107 in served["item"].to_list(), "known by its features"
    assert served["known"].all(), "so is the user without train interactions"


def test_ids_keep_their_type_where_all_are_known(split: Split) -> None:
    ids = pl.Series(range(10, 10 + N_USERS))
    numbered = Split(split.train, split.valid, split.test, ids, split.item_ids, "f")
    assert ranked(Fixed(), numbered, CPU, 1, ["12", "10"])["user"].to_list() == [12, 10]
    assert ranked(Fixed(), numbered, CPU, 1, ["12", "x"])["user"].to_list() == ["12", "x"]


def test_more_than_there_are_is_all_there_are(split: Split) -> None:
    assert ranked(Fixed(), split, CPU, 99, ["u3"]).height == N_ITEMS - 1


class Constant(Fixed):
    """Likes everything alike."""

    def __init__(self) -> None:
        self.score_UI = torch.zeros(N_USERS, N_ITEMS)


@pytest.mark.parametrize("model", [Fixed(), Constant()])
def test_what_is_shown_is_what_was_measured(model: Fixed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists behind the metrics and the lists that users get, ties and all."""
    lists: list[np.ndarray] = []

    def note(found: Lists, cutoffs: Sequence[int]) -> dict[int, torch.Tensor]:
        lists.append(found.item_UK.numpy())
        return {cutoff: torch.zeros(()) for cutoff in cutoffs}

    monkeypatch.setitem(METRICS._members, "noted", ListMetric("maximize", note))
    train = part([(user, (3 * user + step) % N_ITEMS) for user in range(N_USERS) for step in (0, 1)])
    held_out = part([(user, (3 * user + 2) % N_ITEMS) for user in range(N_USERS)])
    Evaluator(held_out, train, [N_ITEMS], 7, CPU, metrics=["noted"])(model)
    ids = pl.Series(range(N_USERS)), pl.Series(range(N_ITEMS))
    everything = Known(np.ones(N_USERS, dtype=bool), np.ones(N_ITEMS, dtype=bool))
    split = Split(train, part([]), part([]), *ids, "f")
    shown = ranked(model, split, CPU, N_ITEMS, known=everything, seed=7)
    for user in range(N_USERS):
        measured = [item for item in lists[0][user].tolist() if item >= 0]
        assert shown.filter(pl.col("user") == user)["item"].to_list() == measured
        alone = ranked(model, split, CPU, N_ITEMS, [str(user)], everything, seed=7)
        assert alone["item"].to_list() == measured, "whoever else is asked for"


def test_user_asked_for_twice_is_answered_twice(split: Split) -> None:
    found = ranked(Fixed(), split, CPU, 2, ["u1", "u1"])
    assert found["item"].to_list() == oracle(split, 1, 2) * 2


def test_scores_that_are_not_finite_are_not_served(split: Split) -> None:
    model = Fixed()
    model.score_UI[1, 2] = float("nan")
    with pytest.raises(TrialFailed, match="not finite"):
        ranked(model, split, CPU, 3)
