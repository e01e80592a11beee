"""A small space and trainings without training, for the tests of the search."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gnas.config.architecture import Architecture, identity
from gnas.config.propagation import LightGCN, NoPropagation, Spectral
from gnas.config.run import SearchConfig
from gnas.search.events import Event, SearchEnded, TrialEnded
from gnas.search.protocols import Params
from gnas.search.search import search
from gnas.search.work import Setup
from gnas.space.domain import Suggest
from gnas.space.search_space import Constraint

DIMS = [16, 32, 64, 128]


class TinySpace:
    """none | lightgcn(depth) | spectral(rank); the trained ones have dim and lr."""

    def __init__(self, anchors: Mapping[str, Architecture] | None = None, *, discrete: bool = False) -> None:
        self.anchors = anchors or {}
        self.constraints: tuple[Constraint, ...] = ()
        self.discrete = discrete

    def sample(self, suggest: Suggest) -> Architecture:
        kind = suggest.categorical("propagation", ["none", "lightgcn", "spectral"])
        if kind == "spectral":
            return Architecture(propagation=Spectral(rank=suggest.categorical("rank", [32, 64])))
        depth = suggest.integer("depth", 1, 4) if kind == "lightgcn" else 0
        dim = suggest.categorical("dim", DIMS)
        lr = suggest.categorical("lr", [0.01, 0.1]) if self.discrete else suggest.real("lr", 1e-3, 1e-1, log=True)
        return Architecture(propagation=LightGCN(depth=depth) if depth else NoPropagation(), dim=dim, lr=lr, epochs=20)

    def why_not(self, architecture: Architecture) -> str:
        return f"dim {architecture.dim} is none of {DIMS}"

    def random(self, rng: np.random.Generator) -> dict[str, Any]:
        answers = _Random(rng)
        self.sample(answers)
        return answers.params

    def mutate(self, params: Params, rng: np.random.Generator) -> dict[str, Any]:
        name = str(rng.choice(sorted(params)))
        answers = _Random(rng, {key: value for key, value in params.items() if key != name})
        self.sample(answers)
        return answers.params

    def params_of(self, architecture: Architecture) -> dict[str, Any] | None:
        propagation = architecture.propagation
        if isinstance(propagation, Spectral):
            return {"propagation": "spectral", "rank": propagation.rank} if propagation.rank in (32, 64) else None
        if architecture.dim not in DIMS:
            return None
        own = {"propagation": propagation.kind, "dim": architecture.dim, "lr": architecture.lr}
        return own | {"depth": propagation.depth} if isinstance(propagation, LightGCN) else own


class _Random:
    def __init__(self, rng: np.random.Generator, params: dict[str, Any] | None = None) -> None:
        self.rng, self.known = rng, params or {}
        self.params: dict[str, Any] = {}

    def _keep(self, name: str, draw: Callable[[], Any]) -> Any:
        return self.params.setdefault(name, self.known[name] if name in self.known else draw())

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._keep(name, lambda: int(self.rng.integers(low, high + 1))))

    def real(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float:
        return float(self._keep(name, lambda: float(np.exp(self.rng.uniform(np.log(low), np.log(high))))))

    def categorical(self, name: str, choices: Any) -> Any:
        return self._keep(name, lambda: choices[int(self.rng.integers(len(choices)))])


def quality(architecture: Architecture) -> float:
    """Best at lightgcn, depth 3, dim 64, lr 0.02: 1.0."""
    propagation = architecture.propagation
    if isinstance(propagation, Spectral):
        return 0.5 + propagation.rank / 1000
    depth = propagation.depth if isinstance(propagation, LightGCN) else 0
    off = (
        0.1 * abs(depth - 3) + 0.05 * abs(np.log2(architecture.dim / 64)) + 0.1 * abs(np.log10(architecture.lr / 0.02))
    )
    return float(1.0 - off)


@dataclass(frozen=True)
class FakeEpoch:
    index: int
    metrics: dict[str, float]
    is_best: bool
    loss: float = 0.5


@dataclass
class FakeTraining:
    """Climbs to `final` over the architecture's epochs; `hook(index)` runs before each."""

    architecture: Architecture
    final: float
    hook: Callable[[int], None] = lambda _: None
    saved: list[Path] = field(default_factory=list)

    def epochs(self, halt: Callable[[], bool]) -> Iterator[FakeEpoch]:
        epochs = self.architecture.epochs if self.architecture.propagation.trained else 1
        for index in range(epochs):
            self.hook(index)
            value = self.final * (1 - 0.5 ** (index + 1)) if epochs > 1 else self.final
            yield FakeEpoch(index + 1, {"ndcg@20": value, "coverage@20": 1 - value}, is_best=True)

    def measured(self) -> dict[str, float]:
        return {}

    def save(self, path: Path) -> None:
        path.write_text(identity(self.architecture))

    def costs(self) -> dict[str, float]:
        trained = self.architecture.propagation.trained
        return {"parameters": float(self.architecture.dim if trained else 0), "latency_ms": 1.0}


def factory(architecture: Architecture, seed: int) -> FakeTraining:
    return FakeTraining(architecture, quality(architecture))


def setup(*, space: Any = None, train: Any = factory, seed: int = 0, first: Any = None, **config: Any) -> Setup:
    settings = {"sampler": "random", "pruner": "none", "trials": 12, "confirm": {"top": 0}, **config}
    return Setup(space or TinySpace(), SearchConfig.model_validate(settings), seed, train, first or {})


def run(chosen: Setup, folder: Path, **options: Any) -> list[Event]:
    return list(search(chosen, folder, **options))


def trials(events: list[Event]) -> list[TrialEnded]:
    return [event for event in events if isinstance(event, TrialEnded)]


def ended(events: list[Event]) -> SearchEnded:
    assert isinstance(events[-1], SearchEnded)
    return events[-1]
