"""Everything that can be trained finds the structure of a planted world; a member without a test here fails."""

import math
from typing import Any

import numpy as np
import pytest

from gnas.config.architecture import Architecture
from gnas.config.contrastive import CONTRASTIVES
from gnas.config.losses import LOSSES
from gnas.config.named import COMBINES, OPTIMIZERS
from gnas.config.propagation import PROPAGATIONS
from gnas.config.samplings import SAMPLINGS
from gnas.config.scorers import SCORERS
from gnas.evaluate.ranking import Ranker
from gnas.evaluate.top import TieBreaker
from gnas.train.loop import Epoch
from tests.forms import OPERATORS, SOLVED
from tests.train.planted_worlds import CPU, World, blocks, learn, rated

LOSS_PARTS: dict[str, dict[str, Any]] = {
    "bpr": {},
    "bce": {},
    "softmax": {"softmax": {"temperature": 0.5}},
    "in-batch-softmax": {"in-batch-softmax": {"temperature": 0.5}},
    "ccl": {"ccl": {"negative_weight": 2.0}},
    "directau": {"directau": {"gamma": 0.5}},
    "all-pairs": {"all-pairs": {"popularity": 0.5}},
}
OP_PARTS: dict[str, dict[str, Any]] = {name: {name: {"depth": 1}} for name in OPERATORS}
OP_PARTS["pyg"] = {"pyg": {"depth": 1, "layer": "TAGConv", "args": {"K": 1}}}
CONTRASTIVE_PARTS: dict[str, Any] = {
    "none": "none",
    "sgl": {"sgl": {"edge_dropout": 0.2}},
    "simgcl": {"simgcl": {"eps": 0.1}},
    "xsimgcl": {"xsimgcl": {"eps": 0.1}},
}


@pytest.fixture(scope="module")
def world() -> World:
    return blocks()


def must_learn(world: World, parts: dict[str, Any], *, hits: float = 1.0, fall: float = 0.2) -> None:
    """The withheld item first, no seen item recommended, and the loss down by a share of where it began."""
    model, epochs = learn(world, parts)
    best = max(epoch.metrics["hit@1"] for epoch in epochs)
    assert best >= hits
    assert world.evaluator(model).metrics["hit@1"] == best
    first, last = epochs[0].loss, epochs[-1].loss
    assert last < first - fall * abs(first)
    item, _ = Ranker(np.arange(30), [world.train], TieBreaker(model.n_items, 30, 0, CPU)).top(model, 18)
    seen = set(zip(world.train.user.tolist(), world.train.item.tolist(), strict=True))
    assert not any((user, i) in seen for user in range(30) for i in item[user].tolist())


def test_every_member_is_tested() -> None:
    assert {*LOSS_PARTS, "mse"} == set(LOSSES)
    assert set(CONTRASTIVE_PARTS) == set(CONTRASTIVES)
    trained = {name for name, member in PROPAGATIONS.items() if member.trained}
    assert {*OPERATORS, "none", "mixed"} == trained


@pytest.mark.parametrize("batch_size", [64, "full"])
@pytest.mark.parametrize("loss", LOSS_PARTS)
def test_every_loss_learns(world: World, loss: str, batch_size: int | str) -> None:
    fall = 0.1 if "softmax" in loss else 0.3  # the softmax of bounded scores has a floor far above 0
    must_learn(world, {"loss": LOSS_PARTS[loss] or loss, "batch_size": batch_size}, fall=fall)


@pytest.mark.parametrize("sampling", list(SAMPLINGS))
@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_every_sampling_learns(world: World, loss: str, sampling: str) -> None:
    own = {"temperature": 0.5, "negatives": 8} if loss == "softmax" else {}
    must_learn(world, {"loss": {loss: {**own, "sampling": sampling}}})


@pytest.mark.parametrize("contrastive", CONTRASTIVE_PARTS)
@pytest.mark.parametrize("batch_size", [64, "full"])
def test_every_contrastive_term_learns(world: World, contrastive: str, batch_size: int | str) -> None:
    must_learn(world, {"contrastive": CONTRASTIVE_PARTS[contrastive], "batch_size": batch_size}, fall=0.15)


REFUSED = {("all-pairs", "cosine"), ("all-pairs", "mlp"), ("directau", "mlp")}


@pytest.mark.parametrize(("loss", "scorer"), sorted(REFUSED))
def test_scorer_that_a_loss_cannot_train_is_refused(loss: str, scorer: str) -> None:
    with pytest.raises(ValueError, match=f"loss {loss}.*{scorer}"):
        Architecture.model_validate({"loss": loss, "scorer": scorer})


@pytest.mark.parametrize(
    ("loss", "scorer"), [(loss, scorer) for loss in LOSS_PARTS for scorer in SCORERS if (loss, scorer) not in REFUSED]
)
def test_every_scorer_learns(world: World, loss: str, scorer: str) -> None:
    fall = 0.1 if scorer == "cosine" or "softmax" in loss else 0.3
    must_learn(world, {"loss": LOSS_PARTS[loss] or loss, "scorer": scorer, "lr": 0.02}, hits=0.9, fall=fall)


@pytest.mark.parametrize("combine", list(COMBINES))
def test_every_combination_learns(world: World, combine: str) -> None:
    must_learn(world, {"propagation": {"lightgcn": {"depth": 2, "combine": combine}}})


@pytest.mark.parametrize("op", [*OP_PARTS, "none", "mixed"])
def test_every_operator_learns(world: World, op: str) -> None:
    parts = {"none": "none", "mixed": {"mixed": {"ops": ["lightgcn", "gcn"]}}, **OP_PARTS}
    must_learn(world, {"propagation": parts[op], "lr": 0.02}, hits=0.9)


@pytest.mark.parametrize("loss", LOSS_PARTS)
def test_every_loss_learns_what_a_step_hides(world: World, loss: str) -> None:
    propagation = {"lightgcn": {"depth": 1, "norm": "root", "combine": "crossed"}}
    fall = 0.05 if "softmax" in loss else 0.2
    must_learn(
        world,
        {"loss": LOSS_PARTS[loss] or loss, "propagation": propagation, "target_mask": 0.4, "lr": 0.02},
        hits=0.9,
        fall=fall,
    )


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimizer_learns(world: World, optimizer: str) -> None:
    lr = {"sgd": 2.0, "adagrad": 0.2}.get(optimizer, 0.05)
    must_learn(world, {"optimizer": optimizer, "lr": lr})


@pytest.mark.parametrize("batch_size", [64, "full"])
@pytest.mark.parametrize("scorer", list(SCORERS))
def test_ratings_are_predicted(scorer: str, batch_size: int | str) -> None:
    world = rated()
    _, epochs = learn(world, {"loss": "mse", "scorer": scorer, "batch_size": batch_size, "lr": 0.02, "epochs": 60})
    guess, nearest = 2.0, 1.0 if scorer == "cosine" else 0.0  # the mean rating; what scores within 1 of it can reach
    assert min(epoch.metrics["rmse"] for epoch in epochs) < nearest + 0.3 * (guess - nearest)
    assert epochs[-1].loss < 0.5 * epochs[0].loss


@pytest.mark.parametrize("propagation", SOLVED)
def test_closed_forms_are_one_epoch(world: World, propagation: str) -> None:
    parts = {
        "als": {"als": {"rank": 3, "l2": 0.3}},
        "item_graph": {"item_graph": {"l2": 1.0}},
        "spectral": {"spectral": {"ideal": 1.0, "rank": 3}},
        "two_hop": {"two_hop": {}},
    }
    _, epochs = learn(world, {"propagation": parts[propagation]})
    assert isinstance(epochs[0], Epoch)
    assert [(epoch.index, epoch.is_best, epoch.best_index) for epoch in epochs] == [(1, True, 1)]
    assert math.isnan(epochs[0].loss)
    assert epochs[0].best_value == epochs[0].metrics["hit@1"] == 1.0
