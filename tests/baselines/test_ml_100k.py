"""What a classic baseline reaches on real data, so that a slip in a formula cannot pass for a weak model."""

from pathlib import Path

import numpy as np
import pytest

from gnas.baselines import BASELINES
from gnas.baselines.tune import tune
from gnas.config.closed_forms import ItemGraph
from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluator
from gnas.graph.bipartite import build_graph
from gnas.nn.item_graph import fit_item_graph
from tests.baselines.baseline_worlds import CPU

RATINGS = Path(__file__).parents[2].parent / "shared/data/ml-100k/u.data"


@pytest.mark.skipif(not RATINGS.exists(), reason="MovieLens 100K is not beside the project")
def test_ease_tuned_on_validation_reaches_what_it_should_and_normalising_it_helps() -> None:
    user, item = np.loadtxt(RATINGS, dtype=np.int64, usecols=(0, 1), unpack=True)
    rng = np.random.default_rng(0)
    order = np.lexsort((rng.random(len(user)), user))  # each user's interactions in random order
    everything = Interactions(user[order] - 1, item[order] - 1, 943, 1682)
    count = np.bincount(everything.user)
    place = np.arange(len(user)) - np.repeat(np.cumsum(count) - count, count)
    share = place / np.repeat(count, count)
    train, valid, test = (everything.take(part) for part in (share >= 0.2, share < 0.1, (share >= 0.1) & (share < 0.2)))
    graph = build_graph(train, CPU)
    validation = Evaluator(valid, train, [20], 0, CPU)
    tuned = tune("ease", graph, validation, "ndcg@20", budget_s=60.0)
    measured = Evaluator(test, [train, valid], [20], 0, CPU)(BASELINES["ease"].fit(graph, **tuned.params)).metrics
    assert measured["recall@20"] > 0.38
    assert measured["ndcg@20"] > 0.335
    better = validation(fit_item_graph(ItemGraph(l2=500.0, user_norm=0.25, item_norm=0.25), graph))
    assert better.metrics["ndcg@20"] > tuned.metrics["ndcg@20"]
