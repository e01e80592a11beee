from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture, Trained, Written
from gnas.config.base import Choice, Strict
from gnas.config.features import Features
from gnas.config.named import ACTIVATIONS, COMBINES, FUSIONS, OPTIMIZERS, STARTS
from gnas.config.propagation import PROPAGATIONS, Layered
from gnas.config.schema import kinds
from gnas.space.load import load_space


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (
            {"propagation": "lightgcn", "loss": {"softmax": {"temperature": 0.1}}, "lr": 0.01},
            "lightgcn×2 · dim 64 · softmax τ0.1 · lr 0.01",
        ),
        ({"propagation": {"lightgcn": {"depth": 0}}}, "mf · dim 64 · bpr · lr 0.005"),
        (
            {
                "propagation": {"sage": {"aggregate": "max", "combine": "last", "linear": False}},
                "dim": 8,
                "init": "svd",
            },
            "sage×2 (max, no linear, last) · dim 8 · init svd · bpr · lr 0.005",
        ),
        (
            {
                "propagation": {"ngcf": {"layer0": 0, "edge_dropout": 0.1}},
                "loss": {"bpr": {"negatives": 4, "sampling": "hard"}},
            },
            "ngcf×2 (no layer 0, edge dropout 0.1) · dim 64 · bpr k4 hard · lr 0.005",
        ),
        (
            {"propagation": {"mixed": {"ops": ["lightgcn", {"gat": {"heads": 2}}]}}, "contrastive": "simgcl"},
            "lightgcn→gat (heads 2) · dim 64 · bpr · simgcl 0.1 · lr 0.005",
        ),
        (
            {
                "propagation": {"lightgcn": {"norm": 0.25}},
                "features": {"attributes": True, "text": "tfidf", "ids": False},
            },
            "lightgcn×2 (norm 0.25) · dim 64 · tfidf+attributes without ids · bpr · lr 0.005",
        ),
        (
            {"propagation": "none", "features": {"history": {"layers": 1, "length": 20}}},
            "mf · dim 64 · history 1×20 · bpr · lr 0.005",
        ),
        ({"features": {"image": "pixels", "entry": "late"}}, "lightgcn×2 · dim 64 · pixels late · bpr · lr 0.005"),
        (
            {"scorer": "cosine", "loss": {"directau": {"gamma": 2}}, "optimizer": "sgd", "batch_size": "full"},
            "lightgcn×2 · dim 64 · cosine · directau γ2 · sgd · lr 0.005 · full batch",
        ),
        ({"propagation": {"item_graph": {"dropout": 0.2}}}, "item graph λ200 · norm 0/0 · dropout 0.2"),
        (
            {"propagation": {"spectral": {"response": "ridge", "order": 4, "rank": 32}}},
            "spectral ridge order 4 + ideal 0.3 rank 32 · norm 0.5/0.5",
        ),
        ({"propagation": {"spectral": {"response": "none"}}}, "spectral ideal rank 256"),
    ],
)
def test_a_candidate_in_a_few_words(tree: dict[str, Any], words: str) -> None:
    assert Architecture.model_validate(tree).words == words


def test_the_known_designs_are_told_apart() -> None:
    assert len({architecture.words for _, architecture in ANCHORS.items()}) == len(ANCHORS)


def test_the_words_tell_candidates_apart_and_fit_a_table() -> None:
    space, rng = load_space("compact"), np.random.default_rng(0)
    drawn = [space.draw(rng).architecture for _ in range(80)]
    assert len({a.words for a in drawn}) == len({a.identity for a in drawn})
    assert max(len(a.words) for a in drawn if "prior" not in a.canonical()) <= 160
    assert max(len(a.words) for a in drawn) <= 210  # a closed form stands within


def test_numbers_that_are_shown_alike_are_told_apart() -> None:
    one, other = (Trained(lr=lr) for lr in (0.0012345, 0.0012346))
    assert one.words == f"lightgcn×2 · dim 64 · bpr · lr 0.00123 · #{one.identity[:6]}"
    assert other.words.startswith("lightgcn×2 · dim 64 · bpr · lr 0.00123 · #")
    assert one.words != other.words
    assert Trained(lr=0.001).words == "lightgcn×2 · dim 64 · bpr · lr 0.001"


def values_of(model: type[Strict], name: str) -> st.SearchStrategy[Any]:
    """Values for a field, as YAML has them; many of them are refused by the field's bounds."""
    kind = kinds(model)[name]
    if kind.registry is not None:
        return st.one_of([choices_of(member) for _, member in kind.registry.items()])
    if kind.model is not None and issubclass(kind.model, Strict):
        return trees_of(kind.model)
    words = [known for registry in (ACTIVATIONS, COMBINES, STARTS, FUSIONS, OPTIMIZERS) for known in registry]
    literals = ["full", "sym", "left", "right", "max", "sum", "mean", "users", "items", "both", "early", "late"]
    literals += ["ridge", "plateau", "none", "all"]
    floats = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0, 2.0, 8.0, 0.123456, 0.1234567])
    plain = st.one_of(floats, st.integers(0, 5), st.booleans(), st.sampled_from(words + literals))
    return st.one_of(plain, st.lists(st.sampled_from(["a", "b", "a b"]), max_size=2))


def choices_of(member: type[Choice]) -> st.SearchStrategy[Any]:
    required = {name: "somewhere" for name, field in member.model_fields.items() if field.is_required()}
    if member.kind == "mixed":
        layers = st.sampled_from(["lightgcn", {"gat": {"heads": 2}}, {"gcn": {"norm": 0.5}}, {"gcn": {"norm": "left"}}])
        return st.lists(layers, min_size=1, max_size=3).map(lambda ops: {"mixed": {"ops": ops}})
    return trees_of(member).map(lambda tree: {member.kind: {**required, **tree}})


def trees_of(model: type[Strict]) -> st.SearchStrategy[dict[str, Any]]:
    """One or two fields changed."""
    if not model.model_fields:
        return st.just({})
    names = st.lists(st.sampled_from(sorted(model.model_fields)), max_size=2, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: values_of(model, name) for name in chosen}))


def read(tree: dict[str, Any]) -> Architecture | None:
    try:
        return Architecture.model_validate(tree)
    except ValidationError:
        return None


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees_of(Written), trees_of(Written))
def test_different_candidates_have_different_words_and_equal_ones_the_same(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second, both = read(one), read(other), read({**one, **other})
    found = [architecture for architecture in (first, second, both, Trained()) if architecture is not None]
    for a, b in combinations(found, 2):
        assert (a.words == b.words) == (a.identity == b.identity), (a.canonical(), b.canonical())


READING: list[dict[str, Any]] = [
    {}, {"attributes": True}, {"attributes": True, "vectors": "all", "knn": {"k": 3}}, {"links": "all"},
]  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(trees_of(Features), min_size=30, max_size=30), st.sampled_from(READING), st.sampled_from(["none", "als"])
)
def test_what_is_read_is_told_in_full(changes: list[dict[str, Any]], base: dict[str, Any], propagation: str) -> None:
    found = [read({"propagation": propagation, "features": {**base, **change}}) for change in changes]
    told = {(one.identity, one.words) for one in found if one is not None}
    assert len({identity for identity, _ in told}) == len({words for _, words in told}) == len(told)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of([choices_of(member) for name, member in PROPAGATIONS.items() if name != "pyg"]), min_size=30))
def test_propagations_are_told_in_full(trees: list[dict[str, Any]]) -> None:
    found = [read({"propagation": tree}) for tree in trees]
    told = {(one.identity, one.words) for one in found if one is not None}
    assert len({identity for identity, _ in told}) == len({words for _, words in told}) == len(told)


@pytest.mark.parametrize(
    ("norm", "words"),
    [
        ("sym", ""),
        (0.5, ""),
        (0.0, " (left)"),
        ("right", " (right)"),
        (0.3, " (norm 0.3)"),
        ("root", " (root)"),
        ({"into": 0.5, "out": 0.5}, ""),
        ({"into": 0.5, "out": 0.0}, " (root)"),
        ({"into": 0.7, "out": 0.3}, " (norm 0.3)"),
        ({"into": 0.5, "out": 0.1, "shrink": 3.0}, " (norm 0.5/0.1 shrink 3)"),
    ],
)
def test_a_normalisation_is_called_by_its_name(norm: str | float | dict[str, float], words: str) -> None:
    architecture = Architecture.model_validate({"propagation": {"lightgcn": {"norm": norm}}})
    assert architecture.words.startswith(f"lightgcn×2{words} ·")


def test_an_operator_from_outside_tells_its_parameters() -> None:
    class Diffusion(Layered):
        kind: ClassVar[str] = "diffusion"
        builder: ClassVar[str] = "nowhere:Diffusion"
        rate: float = 0.5
        steps: int = 3

    words = [Trained(propagation=Diffusion(rate=rate)).words for rate in (0.3, 0.5, 0.9)]
    assert words == [
        "diffusion×2 (rate 0.3) · dim 64 · bpr · lr 0.005",
        "diffusion×2 · dim 64 · bpr · lr 0.005",
        "diffusion×2 (rate 0.9) · dim 64 · bpr · lr 0.005",
    ]
