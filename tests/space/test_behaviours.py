"""Spaces over what else users did."""

import numpy as np
import pytest

from gnas.config.architecture import Architecture
from gnas.errors import ConfigError
from gnas.space.behaviours import for_behaviours
from gnas.space.search_space import parse_space

SPACE = {
    "propagation": {"choice": {"two_hop": {}, "lightgcn": {}}},
    "behaviours": {
        "each": {
            "weight": {"float": [0.0, 1.0]},
            "history": {"choice": [0.0, 1.0], "when": {"propagation": "two_hop"}},
            "bonus": {"choice": [0.0, 5.0]},
        },
        "view": {"weight": {"choice": [0.0, 0.1]}},
    },
    "anchors": [{"name": "all", "propagation": "two_hop", "behaviours": {"each": {"weight": 0.5}}}],
}


def test_each_behaviour_of_the_data_has_ranges_of_its_own() -> None:
    space = for_behaviours(parse_space(SPACE), ["cart", "like"])
    names = [name for name in space.parameters() if name.startswith("behaviours")]
    assert sorted(names) == [
        *(f"behaviours.{name}.{key}" for name in ("cart", "like") for key in ("bonus", "history", "weight")),
        "behaviours.view.weight",
    ]
    candidate = space.draw(np.random.default_rng(0))
    assert space.find(candidate.architecture).identity == candidate.identity
    wanted = {"propagation": "two_hop", "behaviours": {name: {"weight": 0.5} for name in ("cart", "like")}}
    assert space.anchors["all"] == Architecture.model_validate(wanted)
    assert space.contains(space.anchors["all"])
    assert for_behaviours(space, ["other"]) is space


def test_a_space_of_each_behaviour_needs_one() -> None:
    with pytest.raises(ConfigError, match=r"searches what `each` behaviour is worth, but data.behaviours names none"):
        for_behaviours(parse_space(SPACE), [])


def test_what_is_wrong_with_a_behaviour_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"behaviours.cart.wait: unknown key \(did you mean 'weight'"):
        parse_space({"behaviours": {"cart": {"wait": 1.0}}, "dim": {"choice": [1, 2]}})
    with pytest.raises(ConfigError, match=r"behaviours.cart.bonus"):
        parse_space({"behaviours": {"cart": {"bonus": {"float": [0, 1e6]}}}})
