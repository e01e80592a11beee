import numpy as np
import pytest

from gnas.config.yaml import load_yaml
from gnas.space.domain import Categorical, Integer, Real, Stepped
from gnas.space.search_space import SearchSpace, parse_space

TEXT = """
propagation: {choice: {none: {}, lightgcn: {depth: {int: [1, 5]}}, spectral: {rank: {choice: [8, 16]}}}}
dim: {choice: [8, 16, 32]}
loss: {choice: [bpr, all-pairs]}
scorer: {choice: [dot, cosine]}
lr: {float: [1e-4, 1e-1], log: true}
"""


@pytest.fixture
def space() -> SearchSpace:
    return parse_space(load_yaml(TEXT, "s.yaml"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


START = {"propagation": "lightgcn", "propagation.depth": 3, "dim": 16, "loss": "bpr", "scorer": "dot", "lr": 0.01}


def test_neighbours_are_all_candidates_one_change_away(space: SearchSpace, rng: np.random.Generator) -> None:
    near = list(space.neighbours(START, rng))
    found = [candidate.params for candidate in near]
    changes = {name: [n[name] for n in found if name in n and n[name] != START[name]] for name in START}
    assert sorted(changes.pop("propagation")) == ["none", "spectral"]
    lower, higher = sorted(changes.pop("lr"))
    assert 1e-4 <= lower < 0.01 < higher <= 1e-1
    assert {name: sorted(values, key=str) for name, values in changes.items()} == {
        "propagation.depth": [2, 4],
        "dim": [32, 8],
        "loss": ["all-pairs"],
        "scorer": ["cosine"],
    }
    assert len({candidate.identity for candidate in [*near, space.candidate(START)]}) == len(near) + 1


def test_what_comes_into_being_is_drawn_and_what_ceases_to_exist_goes(
    space: SearchSpace, rng: np.random.Generator
) -> None:
    spectral = [n.params for n in space.neighbours(START, rng) if n.params["propagation"] == "spectral"]
    assert len(spectral) == 1
    assert spectral[0]["propagation.rank"] in (8, 16)
    assert "propagation.depth" not in spectral[0]


def test_refused_combinations_are_no_neighbours(space: SearchSpace, rng: np.random.Generator) -> None:
    found = [candidate.params for candidate in space.neighbours({**START, "loss": "all-pairs"}, rng)]
    assert found
    assert not [n for n in found if n["scorer"] == "cosine" and n["loss"] == "all-pairs"]


def test_what_cannot_matter_is_not_changed(space: SearchSpace, rng: np.random.Generator) -> None:
    start = {"propagation": "spectral", "propagation.rank": 8, "dim": 16, "loss": "bpr", "scorer": "dot", "lr": 0.01}
    found = [candidate.params for candidate in space.neighbours(start, rng)]
    assert {n["propagation"] for n in found} == {"none", "lightgcn", "spectral"}
    assert [n["propagation.rank"] for n in found if n["propagation"] == "spectral"] == [16]


def test_a_neighbour_is_another_valid_candidate(space: SearchSpace, rng: np.random.Generator) -> None:
    current = space.candidate(START)
    for _ in range(60):
        changed = next(space.neighbours(current.params, rng))
        assert changed.identity != current.identity
        assert space.candidate(changed.params).architecture == changed.architecture
        both = current.params.keys() & changed.params.keys()
        assert sum(current.params[name] != changed.params[name] for name in both) == 1
        current = changed


def test_small_steps_reach_the_whole_space(space: SearchSpace, rng: np.random.Generator) -> None:
    current, kinds = dict(START), set()
    for _ in range(150):
        current = next(space.neighbours(current, rng)).params
        kinds.add((current["propagation"], current.get("propagation.depth"), current["dim"], current["loss"]))
    assert {kind[0] for kind in kinds} == {"none", "lightgcn", "spectral"}
    assert {kind[1] for kind in kinds} == {None, 1, 2, 3, 4, 5}
    assert {kind[2] for kind in kinds} == {8, 16, 32}


def test_a_space_of_one_has_no_neighbour(rng: np.random.Generator) -> None:
    assert not list(parse_space(load_yaml("dim: {choice: [8]}")).neighbours({"dim": 8}, rng))


def test_near_values(rng: np.random.Generator) -> None:
    assert Integer(1, 9, 2).near(5, rng) == [3, 7]
    assert Integer(1, 9, 2).near(1, rng) == [3]
    assert sorted(Integer(1, 1000, log=True).near(100, rng)) == [50, 99, 101, 200]
    assert sorted(Integer(1, 150, log=True).near(100, rng)) == [50, 99, 101, 150]
    assert Categorical((1, True, "a")).near(1, rng) == [True, "a"]
    assert Stepped(0.0, 1.0, 0.5).near(0.5, rng) == [0.0, 1.0]
    assert Real(2.0, 2.0).near(2.0, rng) == []
    steps = [near for _ in range(200) for near in Real(1e-4, 1e-1, log=True).near(1e-2, rng)]
    assert 0.25 < np.std(np.log10(steps)) < 0.35, "a tenth of three orders of magnitude"
