from pathlib import Path

import numpy as np
import pytest

from gnas.config.load import load_run_config
from gnas.config.yaml import dump_yaml, load_yaml
from gnas.space.load import load_space, space_of
from gnas.space.search_space import parse_space

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
SPACES = sorted((ROOT / "search_spaces").rglob("*.yaml"))


def test_the_files_are_there() -> None:
    assert {path.stem for path in CONFIGS} >= {"smoke", "movielens-small", "toy", "ml-100k", "amazon-electronics"}
    assert {path.stem for path in SPACES} >= {"smoke", "compact", "full", "spectral", "lightgcn"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_is_right_and_its_space_too(path: Path) -> None:
    loaded = load_run_config(str(path))
    space = space_of(loaded)
    assert space.draw(np.random.default_rng(0)).params
    assert loaded.config.search.trials is not None
    assert path.read_text().startswith("# ")


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_a_shipped_space_samples_valid_architectures_that_it_finds_again(path: Path) -> None:
    space = load_space(str(path))
    assert path.read_text().startswith("# ")
    rng = np.random.default_rng(0)
    found = set()
    for _ in range(50):
        candidate = space.draw(rng)
        architecture, again = candidate.architecture, space.find(candidate.architecture)
        assert again.identity == architecture.identity
        assert again.params == candidate.params or not architecture.trained, "what does not matter to it is forgotten"
        assert architecture.words
        found.add(architecture.identity)
    assert len(found) >= 15
    assert space.check(200).refused_share <= 0.05


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_the_anchors_of_a_shipped_space_lie_within_it(path: Path) -> None:
    space = load_space(str(path))
    assert space.anchors
    assert {name: space.why_not(anchor) for name, anchor in space.anchors.items() if not space.contains(anchor)} == {}


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_a_frozen_space_is_the_same_space(path: Path) -> None:
    space = load_space(str(path))
    again = parse_space(load_yaml(dump_yaml(space.tree), "space.yaml"))
    assert again.parameters() == space.parameters()
    assert again.anchors == space.anchors
    assert again.tree == space.tree


def test_the_worked_example_has_the_features_it_promises() -> None:
    users = (ROOT / "configs/toy/users.csv").read_text().splitlines()
    items = (ROOT / "configs/toy/items.csv").read_text().splitlines()
    assert [len(line.split(",")) - 1 for line in users] == [4, 4, 4]
    assert [len(line.split(",")) - 2 for line in items] == [3, 3, 3, 3, 3]
