"""Every metric against a slow oracle in plain Python, and against PyG where the definitions agree."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gnas.evaluate.diversity import diversity
from gnas.metrics import METRICS, ListMetric, Lists, TrainPairs, beyond
from gnas.metrics.accuracy import auc
from gnas.metrics.ratings import mae, rmse

with warnings.catch_warnings():  # PyG calls torch.jit.script, which torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric import metrics as pyg

CUTOFFS = (1, 3, 10)
NO_TRAIN = TrainPairs(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64), 1, 1)


def ranking_metrics(hit_UK: torch.Tensor, n_target_U: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every metric of accuracy at every cut-off."""
    lists = Lists(torch.zeros_like(hit_UK, dtype=torch.int64), hit_UK, n_target_U, NO_TRAIN)
    metrics = [(name, one) for name, one in METRICS.items() if isinstance(one, ListMetric) and one.when == "always"]
    return {f"{name}@{k}": value for name, one in metrics for k, value in one.compute(lists, CUTOFFS).items()}


def oracle(ranked: list[int], wanted: set[int], k: int) -> dict[str, float]:
    """The textbook, one user and one rank at a time."""
    hits = [item in wanted for item in ranked[:k]]
    found = sum(hits)
    dcg = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(hits, 1) if hit)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))
    precisions = [sum(hits[:rank]) / rank for rank, hit in enumerate(hits, 1) if hit]
    ranks = [rank for rank, hit in enumerate(hits, 1) if hit]
    return {
        "recall": found / len(wanted),
        "precision": found / k,
        "hit": float(found > 0),
        "ndcg": dcg / ideal,
        "map": sum(precisions) / min(k, len(wanted)),
        "mrr": 1 / ranks[0] if ranks else 0.0,
    }


worlds = st.integers(12, 40).flatmap(
    lambda n_items: st.lists(
        st.tuples(st.permutations(range(n_items)), st.sets(st.integers(0, n_items - 1), min_size=1)),
        min_size=1,
        max_size=6,
    )
)


@given(worlds)
@settings(max_examples=60, deadline=None)
def test_accuracy_equals_the_oracle(world: list[tuple[list[int], set[int]]]) -> None:
    hit = torch.tensor([[item in wanted for item in ranked[:10]] for ranked, wanted in world])
    values = ranking_metrics(hit, torch.tensor([len(wanted) for _, wanted in world]))
    assert len(values) == 6 * len(CUTOFFS)
    for k in CUTOFFS:
        for row, (ranked, wanted) in enumerate(world):
            for name, expected in oracle(ranked, wanted, k).items():
                assert values[f"{name}@{k}"][row].item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("recall", pyg.LinkPredRecall),
        ("precision", pyg.LinkPredPrecision),
        ("ndcg", pyg.LinkPredNDCG),
        ("map", pyg.LinkPredMAP),
        ("mrr", pyg.LinkPredMRR),
        ("hit", pyg.LinkPredHitRatio),
    ],
)
@pytest.mark.parametrize("k", CUTOFFS)
def test_accuracy_equals_pyg(name: str, theirs: type, k: int) -> None:
    generator = torch.Generator().manual_seed(3)
    ranked = torch.rand(50, 30, generator=generator).argsort(1)
    wanted = torch.rand(50, 30, generator=generator) < 0.15
    wanted[:, 0] = True
    hit = wanted.gather(1, ranked)[:, :10]
    mine = ranking_metrics(hit, wanted.sum(1))[f"{name}@{k}"].mean().item()
    metric = theirs(k)
    metric.update(ranked[:, :k], wanted.nonzero().t())
    assert mine == pytest.approx(float(metric.compute()), abs=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_auc_equals_counting_the_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 6, 20).astype(np.float32)
    kind = rng.choice(["seen", "target", "other"], 20)
    targets = np.flatnonzero(kind == "target")
    others = np.flatnonzero(kind == "other")
    wins = [1.0 if score[t] > score[o] else 0.5 if score[t] == score[o] else 0.0 for t in targets for o in others]
    masked = np.where(kind == "seen", -np.inf, score)
    padded = np.concatenate([targets, np.zeros(3, dtype=np.int64)])
    value = auc(torch.from_numpy(masked)[None].float(), torch.from_numpy(padded)[None], torch.tensor([len(targets)]))
    if wins:
        assert value.item() == pytest.approx(np.mean(wins), abs=1e-12)
    else:
        assert value.isnan().item()


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_beyond_accuracy_equals_the_definitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_users, n_items, n_ranks = 9, 12, 5
    taken = rng.random((n_users, n_items)) < 0.4
    lists = [list(rng.permutation(n_items)[: rng.integers(0, n_ranks + 1)]) for _ in range(7)]
    lists[0] = [3, 1, 2]
    item = torch.tensor([row + [-1] * (n_ranks - len(row)) for row in lists])
    degree = taken.sum(0)

    user, of_item = (torch.from_numpy(side) for side in np.nonzero(taken))
    shown_lists = lists_of(item, TrainPairs(user, of_item, n_users, n_items), memory_mib=1)
    shown = [i for row in lists for i in row]
    assert beyond.coverage(shown_lists).item() == pytest.approx(len(set(shown)) / n_items)
    counts = [shown.count(i) for i in range(n_items)]
    differences = sum(abs(a - b) for a in counts for b in counts)
    assert beyond.gini(shown_lists).item() == pytest.approx(differences / (2 * n_items * sum(counts)))

    novel, popular = beyond.novelty(shown_lists), beyond.popularity(shown_lists)
    diverse = diversity(shown_lists, [2, n_ranks])
    for row, chosen in enumerate(lists):
        if not chosen:
            assert novel[row].isnan()
            assert popular[row].isnan()
            continue
        assert popular[row].item() == pytest.approx(np.mean([degree[i] for i in chosen]))
        information = [-math.log2(max(degree[i], 1) / n_users) for i in chosen]
        assert novel[row].item() == pytest.approx(np.mean(information))
        for k, value in diverse.items():
            pairs = [(i, j) for i in chosen[:k] for j in chosen[:k] if i != j]
            cosines = [(taken[:, i] & taken[:, j]).sum() / math.sqrt(max(degree[i] * degree[j], 1)) for i, j in pairs]
            if pairs:
                assert value[row].item() == pytest.approx(1 - np.mean(cosines), abs=1e-6)
            else:
                assert value[row].isnan()


def test_diversity_does_not_depend_on_the_block() -> None:
    generator = torch.Generator().manual_seed(0)
    n_users, n_items = 100, 900
    pair = torch.unique(torch.randint(n_users * n_items, (6_000,), generator=generator))
    taken = TrainPairs(pair // n_items, pair % n_items, n_users, n_items)
    item = torch.rand(60, n_items, generator=generator).topk(20).indices
    one, many = (diversity(lists_of(item, taken, memory_mib), [20]) for memory_mib in (1, 64))
    torch.testing.assert_close(one[20], many[20])


def lists_of(item_UK: torch.Tensor, train: TrainPairs, memory_mib: int) -> Lists:
    """Lists of which nothing is a hit."""
    return Lists(item_UK, item_UK < -1, torch.ones(len(item_UK), dtype=torch.int64), train, memory_mib)


def test_rating_errors() -> None:
    error = torch.tensor([1.0, -2.0, 0.0, 2.0])
    assert rmse(error, torch.mean).item() == pytest.approx(1.5)
    assert mae(error, torch.mean).item() == pytest.approx(1.25)
