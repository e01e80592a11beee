"""Counting, against brute force over trees written out by hand."""

import itertools
from typing import Any

import pytest
from pydantic import ValidationError

from gnas.config.architecture import Architecture
from gnas.config.yaml import load_yaml
from gnas.space.search_space import SearchSpace, parse_space


def space_of(text: str) -> SearchSpace:
    return parse_space(load_yaml(text, "s.yaml"))


def distinct(trees: list[dict[str, Any]]) -> int:
    found = set()
    for tree in trees:
        try:
            found.add(Architecture.model_validate(tree).identity)
        except ValidationError:
            continue
    return len(found)


def test_what_cannot_matter_is_not_counted() -> None:
    space = space_of("""
propagation: {choice: {none: {}, lightgcn: {depth: {int: [0, 2]}, norm: {choice: [sym, 0.5, left]}}, spectral: {rank: {choice: [8, 16]}}}}
dim: {choice: [8, 16]}
loss: {choice: {bpr: {}, all-pairs: {}}}
batch_size: {choice: [64, 128]}
""")  # noqa: E501
    propagations: list[Any] = ["none", {"spectral": {"rank": 8}}, {"spectral": {"rank": 16}}]
    propagations += [
        {"lightgcn": {"depth": depth, "norm": norm}} for depth in (0, 1, 2) for norm in ("sym", 0.5, "left")
    ]
    trees = [
        {"propagation": propagation, "dim": dim, "loss": loss, "batch_size": batch_size}
        for propagation, dim, loss, batch_size in itertools.product(
            propagations, (8, 16), ("bpr", "all-pairs"), (64, 128)
        )
    ]
    size = space.size()
    # 2 filters; matrix factorisation and LightGCN of 2 depths × 2 norms, each with 2 dims × (2 batch sizes + all-pairs)
    assert size.distinct == distinct(trees) == 2 + (1 + 2 * 2) * 2 * 3
    assert size.combinations == len(trees) == 96
    assert size.exact
    assert size.continuous == ()
    assert str(size) == "32 distinct architectures (96 combinations)"


def test_equal_layers_are_the_plain_operator() -> None:
    space = space_of("""
propagation:
  choice:
    gcn: {depth: {int: [1, 2]}}
    sage: {depth: {int: [1, 2]}}
    mixed: {ops: {repeat: {int: [1, 2]}, of: {choice: [gcn, sage]}}}
""")
    trees: list[dict[str, Any]] = [
        {"propagation": {op: {"depth": depth}}} for op in ("gcn", "sage") for depth in (1, 2)
    ]
    trees += [
        {"propagation": {"mixed": {"ops": list(ops)}}}
        for n in (1, 2)
        for ops in itertools.product(("gcn", "sage"), repeat=n)
    ]
    assert space.size().distinct == distinct(trees) == 4 + 2
    assert space.size().combinations == 4 + 2 + 4


def test_refused_combinations_and_conditions() -> None:
    space = space_of("""
loss: {choice: [bpr, all-pairs, directau]}
scorer: {choice: [dot, cosine, mlp]}
lr: {float: [0.1, 0.3], step: 0.1}
dim: {int: [4, 8], step: 2, when: {loss: bpr}}
""")
    trees = [
        {"loss": loss, "scorer": scorer, "lr": lr, **dim}
        for loss, scorer, lr in itertools.product(
            ("bpr", "all-pairs", "directau"), ("dot", "cosine", "mlp"), (0.1, 0.2, 0.3)
        )
        for dim in ([{"dim": 4}, {"dim": 6}, {"dim": 8}] if loss == "bpr" else [{}])
    ]
    assert space.size().distinct == distinct(trees) == 27 + 3 + 6
    assert space.size().combinations == len(trees)


def test_continuous_parameters_are_named_rather_than_counted() -> None:
    size = space_of(
        "loss: {choice: {bpr: {}, softmax: {temperature: {float: [0.1, 1], log: true}}}}\nlr: {float: [0.1, 1]}"
    ).size()
    assert (size.distinct, size.continuous) == (2, ("loss.temperature", "lr"))
    assert str(size).endswith("(2 combinations); times continuous parameters: loss.temperature, lr")


@pytest.mark.parametrize("limit", [10, 300])
def test_above_the_limit_the_number_is_estimated_and_says_so(limit: int) -> None:
    text = """
propagation:
  choice: {none: {}, lightgcn: {depth: {int: [1, 4]}, norm: {choice: [sym, left]}}, gcn: {depth: {int: [1, 4]}}}
dim: {int: [1, 20]}
loss: {choice: [bpr, all-pairs]}
scorer: {choice: [dot, cosine]}
"""
    exact, estimate = space_of(text).size(), space_of(text).size(limit=limit)
    assert exact.exact
    assert exact.distinct == 13 * 20 * 3
    assert not estimate.exact
    assert estimate.distinct == pytest.approx(exact.distinct, rel=0.1)
    assert str(estimate).startswith("at most about 7.")


def test_a_fixed_space_holds_one() -> None:
    assert space_of("dim: 8").size().distinct == 1
    assert space_of("dim: 8").parameters() == {}
