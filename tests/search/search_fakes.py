"""A small space and trainings without training, for the tests of the search."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from gnas.config.architecture import Architecture
from gnas.config.run import SearchConfig
from gnas.search.events import Event, SearchEnded, TrialEnded
from gnas.search.search import search
from gnas.search.work import Setup
from gnas.space.search_space import SearchSpace, parse_space
from gnas.train.loop import Epoch
from tests.forms import setting, trained

DIMS = [16, 32, 64, 128]


TRAINED = {"propagation": ["none", "lightgcn"]}
TREE: dict[str, Any] = {
    "propagation": {
        "choice": {"none": {}, "lightgcn": {"depth": {"int": [1, 4]}}, "spectral": {"rank": {"choice": [32, 64]}}}
    },
    "dim": {"choice": DIMS, "when": TRAINED},
    "lr": {"float": [1e-3, 1e-1], "log": True, "when": TRAINED},
    "epochs": 20,
}


def tiny_space(anchors: Mapping[str, Architecture] | None = None, *, discrete: bool = False) -> SearchSpace:
    """none | lightgcn(depth) | spectral(rank); the trained ones have dim and lr."""
    lr = {"lr": {"choice": [0.01, 0.1], "when": TRAINED}} if discrete else {}
    return replace(parse_space({**TREE, **lr}, "tiny"), anchors=anchors or {})


def quality(architecture: Architecture) -> float:
    """Best at lightgcn, depth 3, dim 64, lr 0.02: 1.0."""
    if architecture.kind == "spectral":
        return 0.5 + float(setting(architecture, "propagation")["spectral"]["rank"]) / 1000
    spec = trained(architecture)
    stack = spec.propagation.stack()
    depth = stack.depth if stack else 0
    off = 0.1 * abs(depth - 3) + 0.05 * abs(np.log2(spec.dim / 64)) + 0.1 * abs(np.log10(spec.lr / 0.02))
    return float(1.0 - off)


@dataclass
class FakeTraining:
    """Climbs to `final` over the architecture's epochs; `hook(index)` runs before each."""

    architecture: Architecture
    final: float
    hook: Callable[[int], None] = lambda _: None
    saved: list[Path] = field(default_factory=list)

    def epochs(self, halt: Callable[[], bool]) -> Iterator[Epoch]:
        epochs = self.architecture.most_epochs()
        for index in range(epochs):
            self.hook(index)
            value = self.final * (1 - 0.5 ** (index + 1)) if epochs > 1 else self.final
            yield Epoch(index + 1, 0.5, {"ndcg@20": value, "coverage@20": 1 - value}, is_best=True)

    def measured(self) -> dict[str, float]:
        return {}

    def save(self, path: Path) -> None:
        path.write_text(self.architecture.identity)

    def costs(self) -> dict[str, float]:
        n = setting(self.architecture, "dim") if self.architecture.trained else 0
        return {"parameters": float(n), "latency_ms": 1.0}


def factory(architecture: Architecture, seed: int) -> FakeTraining:
    return FakeTraining(architecture, quality(architecture))


def setup(*, space: Any = None, train: Any = factory, seed: int = 0, first: Any = None, **config: Any) -> Setup:
    settings = {"sampler": "random", "pruner": "none", "trials": 12, "confirm": {"top": 0}, **config}
    return Setup(space or tiny_space(), SearchConfig.model_validate(settings), seed, train, first or {})


def run(chosen: Setup, folder: Path, **options: Any) -> list[Event]:
    return list(search(chosen, folder, **options))


def trials(events: list[Event]) -> list[TrialEnded]:
    return [event for event in events if isinstance(event, TrialEnded)]


def ended(events: list[Event]) -> SearchEnded:
    assert isinstance(events[-1], SearchEnded)
    return events[-1]
