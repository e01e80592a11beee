from typing import Any

import numpy as np
import pytest

from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture, identity
from gnas.config.describe import describe
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
            "sage×2 (max, last, no linear) · dim 8 · init svd · bpr · lr 0.005",
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
            "lightgcn→gat · dim 64 · bpr · simgcl 0.1 · lr 0.005",
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
        (
            {"propagation": "none", "features": {"attributes": "transformer", "align": 0.3}},
            "mf · dim 64 · attributes transformer align 0.3 · bpr · lr 0.005",
        ),
        (
            {"features": {"attributes": True, "image": "pixels", "entry": {"image": "late"}}},
            "lightgcn×2 · dim 64 · pixels+attributes image late · bpr · lr 0.005",
        ),
        ({"features": {"image": "pixels", "entry": "late"}}, "lightgcn×2 · dim 64 · pixels · bpr · lr 0.005"),
        (
            {"scorer": "cosine", "loss": {"directau": {"gamma": 2}}, "optimizer": "sgd", "batch_size": "full"},
            "lightgcn×2 · dim 64 · cosine · directau γ2 · sgd · lr 0.005 · full batch",
        ),
        ({"propagation": {"item_graph": {"dropout": 0.2}}}, "item graph λ200 · norm 0/0 · dropout 0.2"),
        (
            {"propagation": {"spectral": {"response": "ridge", "order": 4, "rank": 32}}},
            "spectral ridge order 4 + ideal 0.3 rank 32 · norm 0.5/0.5",
        ),
        ({"propagation": {"spectral": {"response": "none"}}}, "spectral ideal 0.3 rank 256 · norm 0.5/0.5"),
    ],
)
def test_a_candidate_in_a_few_words(tree: dict[str, Any], words: str) -> None:
    assert describe(Architecture.model_validate(tree)) == words


def test_the_known_designs_are_told_apart() -> None:
    assert len({describe(architecture) for _, architecture in ANCHORS.items()}) == len(ANCHORS)


def test_the_words_mostly_tell_candidates_apart_and_fit_a_table() -> None:
    space, rng = load_space("compact"), np.random.default_rng(0)
    drawn = [space.draw(rng).architecture for _ in range(80)]
    assert len({describe(a) for a in drawn}) >= 0.9 * len({identity(a) for a in drawn})
    assert max(len(describe(a)) for a in drawn) <= 120


@pytest.mark.parametrize(
    ("norm", "words"),
    [("sym", ""), (0.5, ""), (0.0, " (left)"), ("right", " (right)"), (0.3, " (norm 0.3)")],
)
def test_a_normalisation_is_called_by_its_name(norm: str | float, words: str) -> None:
    architecture = Architecture.model_validate({"propagation": {"lightgcn": {"norm": norm}}})
    assert describe(architecture).startswith(f"lightgcn×2{words} ·")
