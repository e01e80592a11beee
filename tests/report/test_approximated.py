"""What stands near a recommender that would cost too much says so wherever it is shown."""

import pytest
import torch

from gnas.baselines.tune import tune
from gnas.config.closed_forms import ItemGraph
from gnas.evaluate.evaluator import Evaluator
from gnas.nn import item_graph
from gnas.nn.recommender import is_approximated
from gnas.report.results import figures_table, on_validation
from gnas.rundir.look import Rival
from tests.baselines.baseline_worlds import planted


@pytest.mark.parametrize("side", [20_000, 8])
def test_a_baseline_says_that_it_is_approximated(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_graph, "DENSE_SIDE", side)
    world = planted()
    near = side == 8
    assert is_approximated(ItemGraph().build(world.graph)) == near
    evaluator = Evaluator(world.withheld, world.train, [5], 0, torch.device("cpu"))
    tuned = tune("ease", world.graph, evaluator, "ndcg@5", 0.0)
    label = "ease (approximated)" if near else "ease"
    assert tuned.name == "ease"
    assert tuned.label == label == Rival("ease", {}, approximated=near).label
    assert list(on_validation("ndcg@5", [tuned])) == [label]
    assert label in [row[0] for row in figures_table("ndcg@5", "mf", {"ndcg@5": 0.1}, [tuned], "").rows]
