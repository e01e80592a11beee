"""A blend is trained, saved, opened, measured, fitted again and asked for items like any other architecture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

import gnas
from gnas.config.architecture import Architecture
from gnas.config.load import load_architecture
from gnas.nn.blend import BlendModel

RNG = np.random.default_rng(0)
PAIRS = [
    (f"u{user}", f"i{item}")
    for user in range(40)
    for item in RNG.permutation(30)[:8]
    if (user + item) % 3 or RNG.random() < 0.3
]
FRAME = pl.DataFrame(PAIRS, schema=["user", "item"], orient="row")
MF = {"propagation": "none", "dim": 8, "epochs": 6, "patience": 3}
EASE = {"propagation": {"item_graph": {"l2": 3.0}}}


def blend(*weights: float) -> Architecture:
    members = zip(weights, (MF, EASE), strict=True)
    return Architecture.model_validate({"blend": [{"weight": w, "architecture": tree} for w, tree in members]})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> gnas.Run:
    return gnas.train(blend(3, 1), FRAME, out=tmp_path_factory.mktemp("blend") / "run")


def alone(tree: Mapping[str, object], folder: Path) -> np.ndarray:
    model = gnas.train(Architecture.model_validate(tree), FRAME, out=folder).model
    return model.score(list(model.users)).astype(float)


def test_it_says_what_its_members_say_alone(run: gnas.Run, tmp_path: Path) -> None:
    found = run.model.score(list(run.model.users))
    parts = [alone(MF, tmp_path / "mf"), alone(EASE, tmp_path / "ease")]
    scaled = [(part - part.mean(1, keepdims=True)) / part.std(1, keepdims=True) for part in parts]
    np.testing.assert_allclose(found, 0.75 * scaled[0] + 0.25 * scaled[1], atol=1e-4)
    assert isinstance(run.model.recommender, BlendModel)
    assert list(run.model.recommender.parts) == ["0"], "the other is solved again"


def test_the_file_says_after_how_many_epochs_its_members_were_best(run: gnas.Run) -> None:
    saved = load_architecture(str(run.directory.architecture))
    trained, solved = saved.members
    assert saved.identity == blend(3, 1).identity == blend(6, 2).identity != blend(1, 1).identity
    assert trained.epochs is not None
    assert 1 <= trained.epochs <= 6
    assert solved.epochs is None
    assert saved.words.startswith("blend 0.75 (mf · dim 8 · bpr · lr 0.005 · epochs 6 · patience 3) + 0.25 (item graph")


@pytest.mark.parametrize("refit", [False, True])
def test_it_is_measured_and_fitted_again(run: gnas.Run, refit: bool) -> None:
    found = gnas.evaluate(run, baselines=False, refit=refit)
    assert np.isfinite(found.look.metrics["ndcg@20"].value)


def test_it_recommends(run: gnas.Run) -> None:
    frame = gnas.recommend(run, k=3)
    assert frame["user"].n_unique() == 40
    assert frame["rank"].max() == 3


def test_a_blend_does_not_nest_and_needs_a_member() -> None:
    for tree, sentence in (
        ({"blend": []}, "at least 1"),
        ({"blend": [{"architecture": {"blend": [{"architecture": MF}]}}]}, "does not nest"),
        ({"blend": [{"architecture": {"propagation": "none", "dims": 8}}]}, "dims"),
        ({"blend": [{"architecture": MF}], "dim": 3}, "dim"),
    ):
        with pytest.raises(ValueError, match=sentence):
            Architecture.model_validate(tree)


def test_its_scores_come_from_one_file(run: gnas.Run) -> None:
    again = gnas.open_run(run.path).model
    users = torch.arange(5)
    assert torch.equal(again.recommender.score(users), run.model.recommender.score(users))
