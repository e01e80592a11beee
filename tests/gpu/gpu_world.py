"""The same interactions on both devices, and a member of every registry."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gnas.config.architecture import Trained
from gnas.config.contrastive import CONTRASTIVES
from gnas.config.losses import LOSSES
from gnas.config.samplings import SAMPLINGS
from gnas.config.scorers import SCORERS
from gnas.data.histories import latest
from gnas.data.interactions import Interactions
from gnas.features.blocks import Block, FeatureSet
from gnas.graph.bipartite import Graph
from tests.forms import OPERATORS


@dataclass(frozen=True)
class Pair:
    """A train part and its graph on the CPU and on the GPU."""

    train: Interactions
    cpu: Graph
    gpu: Graph


def random_interactions(seed: int, n_users: int = 400, n_items: int = 300, n: int = 6000) -> Interactions:
    """Distinct pairs with ratings; popular items are numbered at random, some users have nothing."""
    rng = np.random.default_rng(seed)
    weight = rng.permutation((np.arange(n_items) + 5.0) ** -0.8)
    user = rng.integers(0, n_users - 3, n)
    item = rng.choice(n_items, n, p=weight / weight.sum())
    pairs = np.unique(user * n_items + item)
    rating = rng.integers(1, 6, len(pairs)).astype(np.float32)
    time = rng.integers(0, 10**9, len(pairs))
    return Interactions(*np.divmod(pairs, n_items), n_users, n_items, rating=rating, time=time)


def given(spec: Trained, taken: Interactions) -> FeatureSet | None:
    """What `spec` reads: random attributes and texts of both sides, and the histories."""
    reads = spec.features
    if not reads.used:
        return None
    users, items = (_blocks(n, seed) if reads.projects else {} for seed, n in enumerate((taken.n_users, taken.n_items)))
    histories = latest(taken, reads.history.length) if reads.history.layers else None
    return FeatureSet(users, items, histories=histories)


def _blocks(n: int, seed: int) -> dict[str, Block]:
    rng = np.random.default_rng(seed)
    present = rng.random(n) < 0.9
    values = {
        name: rng.standard_normal((n, 12)).astype(np.float32) * present[:, None] for name in ("attributes", "text")
    }
    return {name: Block(name, "made", value, present, name) for name, value in values.items()}


def architecture(**parts: Any) -> Trained:
    """A small one with `parts` replaced."""
    return Trained.model_validate({"dim": 16, "batch_size": 512, "lr": 0.01, "weight_decay": 1e-4, **parts})


_SOFTMAX = {"temperature": 0.5, "negatives": 64}
_OWN: dict[str, Any] = {
    "softmax": {"softmax": _SOFTMAX},
    "in-batch-softmax": {"in-batch-softmax": {"temperature": 0.5}},
}

_BOTH: dict[str, Any] = {"attributes": True, "text": "tfidf"}
_FEATURES: dict[str, dict[str, Any]] = {
    "all": {**_BOTH, "modality_dropout": 0.2},
    "late": {**_BOTH, "entry": "late"},
    "history": {"history": {"layers": 2, "length": 20, "entry": "early"}},
}

PARTS: dict[str, dict[str, Any]] = {
    **{f"op {name}": {"propagation": {name: {"depth": 2}}} for name in OPERATORS if name != "pyg"},
    "op transformer, 4 heads": {"propagation": {"transformer": {"depth": 2, "heads": 4}}},
    "op sage max": {"propagation": {"sage": {"depth": 2, "aggregate": "max"}}},
    "edge dropout": {"propagation": {"lightgcn": {"depth": 2, "edge_dropout": 0.2}}},
    **{f"loss {name}": {"loss": _OWN.get(name, name)} for name in LOSSES if name != "mse"},
    **{
        f"loss {name}, all at once": {"loss": _OWN.get(name, name), "batch_size": "full"}
        for name in LOSSES
        if name != "mse"
    },
    "all pairs by popularity": {"loss": {"all-pairs": {"popularity": 0.5}}},
    **{f"bpr {name}": {"loss": {"bpr": {"sampling": name}}} for name in SAMPLINGS},
    **{f"softmax {name}": {"loss": {"softmax": {**_SOFTMAX, "sampling": name}}} for name in SAMPLINGS},
    **{f"contrastive {name}": {"contrastive": name} for name in CONTRASTIVES if name != "none"},
    **{f"scorer {name}": {"scorer": name} for name in SCORERS if name != "dot"},
    **{f"features {name}": {"features": spec} for name, spec in _FEATURES.items()},
}
"""What every training step is made of, one departure from the defaults each."""
