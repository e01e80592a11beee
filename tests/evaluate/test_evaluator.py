"""The evaluator: full ranking, masks, random ties, blocks, failures."""

import numpy as np
import pytest
import torch

from gnas.data.interactions import Interactions
from gnas.errors import DataError, TrialFailed
from gnas.evaluate.evaluator import Evaluation, Evaluator, of_drawn_users, usual_metrics
from gnas.evaluate.ranking import Ranker
from gnas.evaluate.rating import RatingEvaluator
from gnas.evaluate.top import TieBreaker, largest

CPU = torch.device("cpu")
EVERYTHING = [*usual_metrics(), "auc", "diversity"]


class Table:
    """A recommender with a given score for every pair."""

    def __init__(self, score_UI: torch.Tensor) -> None:
        self.score_UI = score_UI
        self.n_users, self.n_items = score_UI.shape

    def score(self, users: torch.Tensor) -> torch.Tensor:
        return self.score_UI[users]


def world(n_users: int = 40, n_items: int = 60, share: float = 0.2, seed: int = 0) -> tuple[Interactions, Interactions]:
    """Disjoint train and held-out interactions; some users have no held-out item."""
    rng = np.random.default_rng(seed)
    draw = rng.random((n_users, n_items))
    held_out = (draw > 1 - share / 2) & (rng.random((n_users, 1)) > 0.2)
    return interactions(draw < share), interactions(held_out)


def interactions(taken: np.ndarray) -> Interactions:
    user, item = np.nonzero(taken)
    return Interactions(user.astype(np.int64), item.astype(np.int64), *taken.shape)


def best(model: Table, users: np.ndarray, seen: list[Interactions], k: int) -> tuple[np.ndarray, np.ndarray]:
    return Ranker(users, seen, TieBreaker(model.n_items, len(users), 0, CPU)).top(model, k)


def slow(score: np.ndarray, train: Interactions, target: Interactions, k: int) -> dict[str, float]:
    """Recall and NDCG by sorting each user's unseen items, one user at a time."""
    recalls, ndcgs = [], []
    for user in np.unique(target.user):
        seen = set(train.item[train.user == user])
        wanted = set(target.item[target.user == user])
        ranked = sorted((i for i in range(train.n_items) if i not in seen), key=lambda i: -score[user, i])[:k]
        gains = [1 / np.log2(rank + 2) for rank, item in enumerate(ranked) if item in wanted]
        ideal = sum(1 / np.log2(rank + 2) for rank in range(min(k, len(wanted))))
        recalls.append(len(gains) / len(wanted))
        ndcgs.append(sum(gains) / ideal)
    return {f"recall@{k}": float(np.mean(recalls)), f"ndcg@{k}": float(np.mean(ndcgs))}


@pytest.mark.parametrize("n_items", [60, 700])
def test_equals_sorting_every_user(n_items: int) -> None:
    train, target = world(n_items=n_items)
    score = torch.randn(40, n_items, generator=torch.Generator().manual_seed(1))
    evaluation = Evaluator(target, train, [5, 10], 0, CPU)(Table(score))
    for k in (5, 10):
        for name, expected in slow(score.numpy(), train, target, k).items():
            assert evaluation.metrics[name] == pytest.approx(expected, abs=1e-12)
    assert evaluation.users.tolist() == np.unique(target.user).tolist()
    assert len(evaluation.users) < 40
    assert evaluation.metrics["recall@5"] == pytest.approx(evaluation.per_user["recall@5"].mean())


def test_blocks_do_not_matter() -> None:
    train, target = world(n_users=100, n_items=1500, share=0.03)
    model = Table(torch.randn(100, 1500, generator=torch.Generator().manual_seed(2)))
    whole = Evaluator(target, train, [20], 0, CPU, metrics=EVERYTHING)(model)
    small = Evaluator(target, train, [20], 0, CPU, memory_mib=1, metrics=EVERYTHING)(model)
    assert whole.metrics == pytest.approx(small.metrics, abs=1e-12)
    assert {"auc", "diversity@20", "coverage@20", "gini@20"} <= set(whole.metrics)


def test_perfect_model_scores_one() -> None:
    train, target = world()
    score = torch.zeros(40, 60)
    score[target.user, target.item] = torch.rand(len(target)) + 1
    evaluation = Evaluator(target, [train], [20], 0, CPU, metrics=[*usual_metrics(), "auc"])(Table(score))
    for name in ("recall@20", "ndcg@20", "map@20", "mrr@20", "hit@20", "auc"):
        assert evaluation.metrics[name] == pytest.approx(1.0)


def test_model_that_likes_only_seen_items_is_masked() -> None:
    train, _ = world()
    score = torch.rand(40, 60)
    score[train.user, train.item] = 9.0
    item, value = best(Table(score), np.arange(40), [train], 10)
    seen = set(zip(train.user.tolist(), train.item.tolist(), strict=True))
    assert not any((user, i) in seen for user in range(40) for i in item[user].tolist())
    assert np.isfinite(value).all()


def test_every_part_of_seen_is_masked() -> None:
    train, valid = world()
    item, _ = best(Table(torch.rand(40, 60)), np.array([7, 3]), [train, valid], 60)
    for row, user in enumerate((7, 3)):
        known = set(train.item[train.user == user]) | set(valid.item[valid.user == user])
        assert set(item[row][item[row] >= 0]) == set(range(60)) - known


def test_lists_are_padded_where_items_run_out() -> None:
    taken = np.zeros((2, 5), dtype=bool)
    taken[0, :4] = True
    score = torch.arange(10.0).view(2, 5)
    item, value = best(Table(score), np.array([0, 1]), [interactions(taken)], 7)
    assert item.tolist() == [[4, -1, -1, -1, -1, -1, -1], [4, 3, 2, 1, 0, -1, -1]]
    assert value[0].tolist() == [4.0] + [-np.inf] * 6
    assert best(Table(score), np.array([], dtype=np.int64), [interactions(taken)], 3)[0].shape == (0, 3)


@pytest.mark.parametrize("order", ["rising", "falling", "shuffled"])
def test_constant_model_scores_like_chance_whatever_the_order_of_the_items(order: str) -> None:
    rng = np.random.default_rng(5)
    popularity = np.sort(rng.pareto(1.0, 400))
    place = {"rising": np.arange(400), "falling": np.arange(400)[::-1], "shuffled": rng.permutation(400)}[order]
    held_out = rng.random((1500, 400)) < np.minimum(popularity / popularity.sum() * 4, 0.9)[place]
    train = interactions(np.zeros((1500, 400), dtype=bool))
    evaluate = Evaluator(interactions(held_out), train, [20], 0, CPU)
    evaluation = evaluate(Table(torch.zeros(1500, 400)))
    chance = 20 / 400
    error = evaluation.per_user["recall@20"].std() / np.sqrt(len(evaluation.users))
    assert abs(evaluation.metrics["recall@20"] - chance) < 4 * error
    assert evaluation.metrics["coverage@20"] == 1.0


def test_partial_ties_keep_what_is_certain() -> None:
    """One item above, a crowd of equals across the cut, the rest below: only the crowd is drawn from."""
    score = torch.full((300, 200), -1.0)
    score[:, 50:150] = 0.5
    score[:, 7] = 2.0
    none = interactions(np.zeros((300, 200), dtype=bool))
    item, value = best(Table(score), np.arange(300), [none], 5)
    assert (item[:, 0] == 7).all()
    assert ((item[:, 1:] >= 50) & (item[:, 1:] < 150)).all()
    assert all(len(set(row)) == 5 for row in item.tolist())
    drawn = np.bincount(item[:, 1:].ravel(), minlength=200)[50:150]
    assert drawn.min() > 0
    assert drawn.max() < 40
    assert (value[:, 1:] == 0.5).all()


def test_equal_scores_inside_a_list_are_shuffled() -> None:
    score = torch.zeros(500, 50)
    score[:, :2] = 1.0
    none = interactions(np.zeros((500, 50), dtype=bool))
    item, _ = best(Table(score), np.arange(500), [none], 2)
    assert 0.4 < (item[:, 0] == 0).mean() < 0.6


def test_ties_are_broken_the_same_way_for_the_same_seed() -> None:
    train, target = world()
    model = Table(torch.zeros(40, 60))
    runs = [Evaluator(target, train, [10], seed, CPU)(model).metrics for seed in (0, 0, 1)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_score_that_is_not_finite_fails_the_trial(bad: float) -> None:
    train, target = world()
    score = torch.rand(40, 60)
    score[int(target.user[0]), 3] = bad
    with pytest.raises(TrialFailed, match="not finite"):
        Evaluator(target, train, [10], 0, CPU)(Table(score))


def test_shared_row_of_scores_is_not_written_into() -> None:
    row = torch.rand(60)

    class Popular(Table):
        def score(self, users: torch.Tensor) -> torch.Tensor:
            return row.expand(len(users), -1)

    train, target = world()
    before = row.clone()
    Evaluator(target, train, [10], 0, CPU)(Popular(torch.zeros(40, 60)))
    assert torch.equal(row, before)


def test_subset_of_users_is_seeded() -> None:
    train, target = world()
    model = Table(torch.rand(40, 60))
    first, again, whole = (
        Evaluator(of_drawn_users(target, limit, 0), train, [10], 0, CPU)(model) for limit in (9, 9, 1000)
    )
    assert len(first.users) == 9
    assert first.users.tolist() == again.users.tolist()
    place = np.searchsorted(whole.users, first.users)
    np.testing.assert_array_equal(first.per_user["ndcg@10"], whole.per_user["ndcg@10"][place])


def test_nothing_held_out_is_an_error() -> None:
    empty = interactions(np.zeros((3, 4), dtype=bool))
    with pytest.raises(DataError, match="no held-out interactions"):
        Evaluator(empty, empty, [10], 0, CPU)


@pytest.mark.parametrize(("n", "k"), [(50, 3), (1000, 1), (1003, 21), (20_000, 7)])
def test_largest_equals_topk(n: int, k: int) -> None:
    score = torch.randn(30, n, generator=torch.Generator().manual_seed(n))
    score[3] = score[3].round()
    score[4, 17] = float("nan")
    value, place = largest(score, k)
    assert torch.equal(value.nan_to_num(99), score.topk(k).values.nan_to_num(99))
    assert torch.equal(score.gather(1, place).nan_to_num(99), value.nan_to_num(99))
    assert all(len(set(row)) == k for row in place.tolist())


def ratings(predicted: torch.Tensor, memory_mib: int = 512) -> Evaluation:
    user, item = np.array([4, 0, 4, 2]), np.array([1, 2, 0, 2])
    target = Interactions(user, item, 5, 3, rating=np.array([3.0, 1.0, 5.0, 2.0], dtype=np.float32))
    return RatingEvaluator(target, CPU, memory_mib)(Table(predicted))


def test_rating_errors_overall_and_by_user() -> None:
    evaluation = ratings(torch.full((5, 3), 2.0))
    assert evaluation.metrics == pytest.approx({"rmse": np.sqrt(11 / 4), "mae": 5 / 4})
    assert evaluation.users.tolist() == [0, 2, 4]
    assert evaluation.per_user["rmse"] == pytest.approx([1.0, 0.0, np.sqrt(5.0)])
    assert evaluation.per_user["mae"] == pytest.approx([1.0, 0.0, 2.0])


def test_rating_that_is_not_finite_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="not finite"):
        ratings(torch.full((5, 3), float("nan")))


def test_ratings_that_are_not_there_are_an_error() -> None:
    with pytest.raises(DataError, match="held-out ratings"):
        RatingEvaluator(world()[1], CPU)


def test_measured_together_is_measured_one_by_one_and_block_by_block() -> None:
    train, target = world(n_users=100, n_items=1500, share=0.03)
    asked: list[tuple[int, int]] = []

    class Noted(Table):
        def __init__(self, number: int) -> None:
            super().__init__(torch.randn(100, 1500, generator=torch.Generator().manual_seed(number)))
            self.number = number

        def score(self, users: torch.Tensor) -> torch.Tensor:
            asked.append((int(users[0]), self.number))
            return super().score(users)

    evaluator = Evaluator(target, train, [20], 0, CPU, memory_mib=1, metrics=EVERYTHING)
    models = [Noted(number) for number in range(3)]
    alone = [evaluator(model) for model in models]
    asked.clear()
    together = evaluator.together(models)
    assert asked == sorted(asked)
    assert len(asked) > 3 * 3
    for one, other in zip(alone, together, strict=True):
        assert one.metrics == pytest.approx(other.metrics, abs=1e-12)
        assert all(np.array_equal(one.per_user[name], other.per_user[name], equal_nan=True) for name in one.per_user)
    assert evaluator.together([]) == []
