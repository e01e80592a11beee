"""Saved models come back with the same scores, and anything else is refused in one sentence."""

from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from gnas.config.architecture import Architecture, Trained
from gnas.errors import RunError
from gnas.nn.recommender import Recommender
from gnas.train.checkpoint import load_model, save_model
from tests.train.planted_worlds import World, blocks, build_for, learn, rated

USERS = torch.arange(30)
PARTS: list[dict[str, Any]] = [
    {},
    {"propagation": {"gat": {"depth": 2, "combine": "attention"}}, "scorer": "mlp"},
    {"propagation": "none", "init": "svd", "optimizer": "sgd"},
    {"propagation": {"spectral": {"rank": 3}}},
    {"propagation": {"item_graph": {"l2": 2.0}}},
    {"propagation": {"als": {"rank": 4}}},
]


@pytest.fixture(scope="module")
def world() -> World:
    return blocks()


def saved(world: World, path: Path, parts: dict[str, Any]) -> tuple[Recommender, Architecture]:
    model, _ = learn(world, {**parts, "epochs": 2})
    save_model(path, model, "data")
    return model, model.architecture  # type: ignore[attr-defined]


@pytest.mark.parametrize("parts", PARTS)
def test_a_loaded_model_scores_the_same(world: World, tmp_path: Path, parts: dict[str, Any]) -> None:
    model, architecture = saved(world, tmp_path / "model.safetensors", parts)
    loaded = load_model(tmp_path / "model.safetensors", architecture, world.graph, "data")
    assert torch.equal(model.score(USERS), loaded.score(USERS))


def test_rating_scale_is_kept(tmp_path: Path) -> None:
    world = rated()
    model, architecture = saved(world, tmp_path / "m", {"loss": "mse"})
    loaded = load_model(tmp_path / "m", architecture, world.graph, "data")
    assert torch.equal(model.score(USERS), loaded.score(USERS))
    assert loaded.score(USERS).max() <= 5.0


def test_saving_leaves_no_other_file(world: World, tmp_path: Path) -> None:
    saved(world, tmp_path / "deep" / "model.safetensors", {})
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("parts", PARTS)
def test_other_architecture_is_refused(world: World, tmp_path: Path, parts: dict[str, Any]) -> None:
    saved(world, tmp_path / "m", parts)
    other = Architecture.model_validate({"dim": 7})
    with pytest.raises(RunError, match=r"m holds a model of architecture [0-9a-f]{12}, not of [0-9a-f]{12}"):
        load_model(tmp_path / "m", other, world.graph, "data")


@pytest.mark.parametrize("parts", PARTS)
def test_other_data_are_refused(world: World, tmp_path: Path, parts: dict[str, Any]) -> None:
    _, architecture = saved(world, tmp_path / "m", parts)
    with pytest.raises(RunError, match=r"m was trained on other data \(fingerprint data, the data here have changed\)"):
        load_model(tmp_path / "m", architecture, world.graph, "changed")


def test_missing_file(world: World, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="m does not exist"):
        load_model(tmp_path / "m", Trained(), world.graph, "data")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x10" + b"\0" * 40])
def test_damaged_file(world: World, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(RunError, match="m is damaged or no safetensors file"):
        load_model(tmp_path / "m", Trained(), world.graph, "data")


def test_cut_off_file(world: World, tmp_path: Path) -> None:
    _, architecture = saved(world, tmp_path / "m", {})
    (tmp_path / "m").write_bytes((tmp_path / "m").read_bytes()[:-100])
    with pytest.raises(RunError, match="m is damaged"):
        load_model(tmp_path / "m", architecture, world.graph, "data")


def test_directory_in_place_of_the_file(world: World, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is damaged or no safetensors file"):
        load_model(tmp_path, Trained(), world.graph, "data")


@pytest.mark.parametrize("facts", [None, {"format": "something else"}])
def test_foreign_file(world: World, tmp_path: Path, facts: dict[str, str] | None) -> None:
    safetensors.torch.save_file({"weight": torch.zeros(2)}, tmp_path / "m", facts)
    with pytest.raises(RunError, match="m is not a model that gnas wrote"):
        load_model(tmp_path / "m", Trained(), world.graph, "data")


def test_tensors_that_do_not_fit(world: World, tmp_path: Path) -> None:
    _model, architecture = saved(world, tmp_path / "m", {})
    with safetensors.safe_open(tmp_path / "m", framework="pt") as file:
        facts = file.metadata()
    safetensors.torch.save_file({"embedding": torch.zeros(3, 3)}, tmp_path / "m", facts)
    with pytest.raises(RunError, match=r"does not fit this version .* \(embedding differ\)"):
        load_model(tmp_path / "m", architecture, world.graph, "data")


def test_loading_does_not_need_the_trained_seed(world: World, tmp_path: Path) -> None:
    architecture = Architecture.model_validate({"dim": 4})
    model = build_for(world, architecture, seed=5)
    save_model(tmp_path / "m", model, "data")
    loaded = load_model(tmp_path / "m", architecture, world.graph, "data")
    assert torch.equal(model.score(USERS), loaded.score(USERS))
