"""What else users did, from the files to a winner that knows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gnas
from gnas.config.architecture import Architecture
from gnas.config.run import RunConfig
from gnas.errors import ConfigError
from gnas.events import finish
from gnas.nn.model import build
from gnas.run.data import describe_data, prepare_data
from gnas.run.measures import validation_evaluator
from gnas.run.prepared import Prepared, prepare_run
from gnas.run.refit import on_everything_known
from gnas.run.setup import resampled
from gnas.train.checkpoint import load_model, save_model


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Blocks of users like blocks of items; a cart holds what is bought and more of the own block."""
    rng = np.random.default_rng(0)
    of_user, of_item = rng.permutation(80) % 4, rng.permutation(40) % 4
    same = of_user[:, None] == of_item
    buy = rng.random(same.shape) < np.where(same, 0.4, 0.04)
    cart = (buy & (rng.random(same.shape) < 0.5)) | (rng.random(same.shape) < np.where(same, 0.3, 0.01))
    for name, matrix in (("buy", buy), ("cart", cart)):
        rows = [f"u{user},{item}" for user, item in zip(*np.nonzero(matrix), strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["user,item", *rows]) + "\n")
    return tmp_path


def prepared(shop: Path, **behaviours: Any) -> Prepared:
    data = {"source": "buy.csv", "behaviours": {"cart": "cart.csv", **behaviours}}
    return finish(prepare_run(RunConfig.model_validate({"data": data}), torch.device("cpu"), shop))


def pairs(run: Prepared, name: str) -> set[int]:
    return set(run.graph.behaviours[name].matrix.pattern.key.tolist())


def test_the_graph_sees_what_may_be_seen(shop: Path) -> None:
    run = prepared(shop, held_out="drop")

    def keys(*parts: Any) -> set[int]:
        return {int(key) for part in parts for key in part.user * part.n_items + part.item}

    split = run.split
    everything = pairs(prepared(shop), "cart")
    assert everything & keys(split.valid)
    assert everything & keys(split.test)
    assert pairs(run, "cart") == everything - keys(split.valid, split.test)
    assert pairs(on_everything_known(run), "cart") == everything - keys(split.test)
    other = resampled(run, 0)
    assert pairs(other, "cart") == everything - keys(other.split.valid, split.test)


@pytest.mark.parametrize(
    "tree",
    [
        {"propagation": "two_hop", "behaviours": {"cart": {"weight": 0.5, "bonus": 4.0}}},
        {"propagation": {"lightgcn": {"depth": 1}}, "dim": 8, "behaviours": {"cart": {"weight": 0.5, "bonus": 4.0}}},
        {
            "propagation": {"lightgcn": {"depth": 1, "combine": "last"}},
            "dim": 8,
            "target_mask": 0.3,
            "behaviours": {"cart": {"weight": 1.0}},
        },
    ],
    ids=["solved", "trained", "masked"],
)
def test_a_saved_model_scores_as_before(shop: Path, tree: dict[str, Any]) -> None:
    run = prepared(shop)
    architecture = Architecture.model_validate({**tree, "epochs": 3})
    model = build(architecture, run.graph, 0)
    if architecture.trained:
        trained = gnas.train(architecture, shop / "buy.csv", out=shop / "run", overrides={
            "data.behaviours": {"cart": str(shop / "cart.csv")}})  # fmt: skip
        model, run = trained.model.recommender, trained.model.prepared
    save_model(shop / "m.safetensors", model, run.split.fingerprint)
    again = load_model(shop / "m.safetensors", architecture, run.graph, run.split.fingerprint)
    users = torch.arange(run.split.n_users)
    torch.testing.assert_close(again.score(users), model.score(users))


def test_a_search_over_behaviours_says_what_it_made_of_them(shop: Path) -> None:
    (shop / "shop.yaml").write_text(
        "data: {source: buy.csv, behaviours: {cart: cart.csv}}\n"
        "space:\n"
        "  propagation: two_hop\n"
        "  behaviours: {each: {weight: {float: [0.0, 1.0]}, bonus: {choice: [0.0, 4.0]}}}\n"
        "search: {trials: 6, confirm: {top: 1, seeds: 1}, baselines: false}\n"
    )
    run = gnas.search(shop / "shop.yaml", out=shop / "run")
    assert "param.behaviours.cart.weight" in run.trials.columns
    gnas.evaluate(run)
    assert len(run.looks) == 1
    recommended = gnas.recommend(run, k=3)
    assert set(recommended["user"]) == set(run.model.users)
    wrong = {"propagation": {"choice": ["two_hop"]}, "behaviours": {"crat": {"bonus": {"choice": [0.0, 4.0]}}}}
    with pytest.raises(ConfigError, match=r"behaviours.crat: the data have no behaviour of this name"):
        gnas.search(shop / "shop.yaml", out=shop / "other", space=wrong)


def test_behaviours_are_described_and_prepared(shop: Path) -> None:
    overrides = {"data.behaviours": {"cart": str(shop / "cart.csv")}}
    text = "\n".join(str(part) for part in describe_data(str(shop / "buy.csv"), overrides=overrides).summary())
    assert "Behaviours: what may be seen, and how much of each part is in it" in text
    assert "cart: stands beside held-out pairs" in text
    files = prepare_data(str(shop / "buy.csv"), shop / "out", overrides=overrides).files
    assert set(files) == {"train", "valid", "test", "cart"}


def test_a_search_finds_the_behaviour_that_says_something_and_leaves_the_noise(tmp_path: Path) -> None:
    """Few purchases, many views that led to them, and as many events at random."""
    world = {"users": 300, "items": 150, "interactions_per_user": 3.0, "funnel": {"view": 0.1}, "aside": 30.0}
    tree = {
        "data": {"source": "synthetic", "synthetic": world, "split": {"kind": "leave-out", "valid": 1, "test": 1}},
        "search": {"trials": 40, "baselines": False, "confirm": {"top": 1, "seeds": 1}},
        "space": {
            "propagation": {"two_hop": {}},
            "behaviours": {"each": {"weight": {"float": [0.0, 1.0]}}},
        },
    }
    run = gnas.search(RunConfig.model_validate(tree), out=tmp_path / "run")
    best = run.trials.sort("ndcg@20", descending=True).row(0, named=True)
    assert best["param.behaviours.view.weight"] > 0.3
    assert best["param.behaviours.aside.weight"] < 0.15
    data = run.model.prepared
    alone = build(Architecture.model_validate({"propagation": "two_hop"}), data.graph, 0)
    assert best["ndcg@20"] > validation_evaluator(data)(alone).metrics["ndcg@20"] + 0.1
