"""Any space: what is drawn lies within it, and is found again."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnas.config.yaml import dump_yaml, load_yaml
from gnas.space.domain import Categorical, Integer, Real
from gnas.space.search_space import SearchSpace, parse_space

SOME = settings(deadline=None, max_examples=40)


@st.composite
def integers(draw: st.DrawFn, low: int, high: int) -> Any:
    first = draw(st.integers(low, high))
    steps, step = draw(st.integers(0, 3)), draw(st.integers(1, 3))
    last = min(high, first + steps * step)
    if (last - first) % step:
        step = 1
    node: dict[str, Any] = {"int": [first, last]}
    if first >= 1 and step == 1 and draw(st.booleans()):
        node["log"] = True
    elif step > 1:
        node["step"] = step
    return draw(st.sampled_from([node, {"choice": sorted({first, last})}, first]))


@st.composite
def reals(draw: st.DrawFn, low: float, high: float) -> Any:
    ends = sorted(draw(st.tuples(st.floats(low, high), st.floats(low, high))))
    log = {"log": True} if low > 0 and draw(st.booleans()) else {}
    return draw(st.sampled_from([{"float": ends, **log}, {"choice": sorted(set(ends))}, ends[0]]))


def some(**nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    required: dict[str, st.SearchStrategy[Any]] = {}
    return st.fixed_dictionaries(required, optional=nodes)


LAYER = st.sampled_from(
    [
        {"choice": ["lightgcn", "sage"]},
        {"choice": {"gcn": {"linear": {"choice": [True, False]}}, "gat": {"heads": {"choice": [1, 2]}}}},
        "gin",
    ]
)
STACK = {"depth": integers(1, 4), "residual": reals(0, 1), "combine": st.just({"choice": ["mean", "last", "sum"]})}
PROPAGATIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"none": st.just({})},
    optional={
        "lightgcn": some(**STACK, norm=st.sampled_from([{"choice": ["sym", "left"]}, {"float": [0.1, 0.9]}])),
        "sage": some(**STACK, aggregate=st.just({"choice": ["mean", "max"]})),
        "gcn": some(**STACK, activation=st.just({"choice": ["relu", "tanh"]})),
        "mixed": st.fixed_dictionaries({"ops": st.fixed_dictionaries({"repeat": integers(1, 3), "of": LAYER})}),
        "spectral": some(rank=integers(4, 40), ideal=reals(0.1, 2)),
    },
)
LOSSES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"bpr": some(negatives=integers(1, 9))},
    optional={
        "softmax": some(temperature=reals(0.05, 1), negatives=integers(1, 9)),
        "all-pairs": some(popularity=reals(-1, 1)),
    },
)
WHEN: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"when": {"loss": "bpr"}}, {"when": {"propagation": "none", "loss": ["bpr"]}}]
)


@st.composite
def spaces(draw: st.DrawFn) -> dict[str, Any]:
    tree: dict[str, Any] = draw(
        some(
            dim=integers(1, 64),
            lr=reals(1e-4, 1),
            weight_decay=reals(0, 0.1),
            scorer=st.just({"choice": {"dot": {}, "mlp": {"hidden": {"choice": [4, 8]}}}}),
        )
    )
    tree["propagation"] = {"choice": draw(PROPAGATIONS)}
    tree["loss"] = {"choice": draw(LOSSES)}
    tree["batch_size"] = {"choice": [16, 32], **draw(WHEN)}
    return tree


def read(tree: dict[str, Any]) -> SearchSpace:
    return parse_space(load_yaml(dump_yaml(tree), "s.yaml"))


@SOME
@given(spaces(), st.integers(0, 2**32))
def test_a_draw_lies_within_its_ranges_and_is_found_again(tree: dict[str, Any], seed: int) -> None:
    space, rng = read(tree), np.random.default_rng(seed)
    parameters = space.parameters()
    for _ in range(3):
        params = space.draw(rng).params
        architecture = space.candidate(params).architecture
        assert not architecture.trained or space.find(architecture).params == params
        assert space.contains(architecture)
        for name, value in params.items():
            match parameters[name]:
                case Integer(low, high, step):
                    assert type(value) is int
                    assert low <= value <= high
                    assert (value - low) % step == 0
                case Real(low, high):
                    assert type(value) is float
                    assert low <= value <= high
                case Categorical(choices):
                    assert value in choices


@SOME
@given(spaces(), st.integers(0, 2**32))
def test_a_neighbour_stays_within_the_space_and_differs(tree: dict[str, Any], seed: int) -> None:
    space, rng = read(tree), np.random.default_rng(seed)
    params = space.draw(rng).params
    here = space.candidate(params).identity
    for near in space.neighbours(params, rng):
        assert near.identity != here
        assert space.find(near.architecture).identity == near.identity


@SOME
@given(spaces())
def test_a_name_always_means_one_range_and_reading_again_changes_nothing(tree: dict[str, Any]) -> None:
    space = read(tree)
    by_name: dict[str, set[str]] = {}
    for slot in space.slots:
        if slot.parameter in space.parameters():
            by_name.setdefault(slot.parameter, set()).add(repr(slot.domain))
    assert all(len(ranges) == 1 for ranges in by_name.values())
    again = read(space.tree)
    assert (again.slots, again.tree) == (space.slots, space.tree)


@settings(deadline=None, max_examples=12)
@given(spaces())
def test_the_count_is_that_of_the_draws(tree: dict[str, Any]) -> None:
    """No draw of a finite space is outside the count, and counting is exact where it says so."""
    finite = {key: node for key, node in tree.items() if key in ("propagation", "dim", "batch_size", "scorer")}
    space = read({**finite, "loss": {"choice": ["bpr", "all-pairs"]}, "batch_size": {"choice": [16, 32]}})
    size = space.size(limit=400)
    if not size.exact or size.continuous:
        return
    rng = np.random.default_rng(0)
    found = {space.draw(rng).identity for _ in range(60)}
    assert len(found) <= size.distinct <= size.combinations
