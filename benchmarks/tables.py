"""Search problems whose answers stand in a table: made ones, and those of NAS-Bench-Graph."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Protocol

import numpy as np

from gnas.config.architecture import Trained
from gnas.config.propagation import NoPropagation
from gnas.rng import numpy_rng
from gnas.space.domain import Categorical
from gnas.space.search_space import Candidate, Infeasible, SearchSpace, parse_space
from gnas.space.slots import Choose, Slot, drafts, fill

Params = Mapping[str, Any]
Key = tuple[tuple[str, Any], ...]


class Problem(Protocol):
    """A space, what each of its candidates is worth, and the most that there is."""

    @property
    def space(self) -> SearchSpace:
        """Where candidates come from."""
        ...

    @property
    def best(self) -> float:
        """The value of the best candidate."""
        ...

    def value(self, params: Params) -> float:
        """What validation would measure."""
        ...


# Made tables --------------------------------------------------------------------------------------------------------

FIVE = {"float": [0.0, 0.6], "step": 0.15}
TREE: dict[str, Any] = {
    "propagation": {
        "choice": {
            "none": {},
            "lightgcn": {
                "depth": {"int": [1, 4]},
                "combine": {"choice": ["mean", "last"]},
                "norm": {"choice": ["sym", "left"]},
            },
            "sage": {
                "depth": {"int": [1, 4]},
                "combine": {"choice": ["mean", "last"]},
                "aggregate": {"choice": ["mean", "max"]},
            },
            "spectral": {
                "response": {"choice": ["linear", "ridge", "plateau"]},
                "rank": {"choice": [16, 32, 64, 128, 256]},
                "user_norm": FIVE,
                "item_norm": FIVE,
            },
            "item_graph": {
                "l2": {"choice": [20.0, 80.0, 320.0, 1250.0, 5000.0]},
                "dropout": {"float": [0.0, 0.6], "step": 0.3},
                "user_norm": FIVE,
                "item_norm": FIVE,
            },
        }
    },
    "dim": {"choice": [32, 64, 128]},
    "loss": {
        "choice": {
            "bpr": {},
            "softmax": {"temperature": {"choice": [0.05, 0.1, 0.3]}},
            "all-pairs": {"negative_weight": {"choice": [0.05, 0.15, 0.4, 1.0]}},
        }
    },
    "lr": {"choice": [0.001, 0.003, 0.01, 0.03, 0.1]},
    "weight_decay": {"choice": [0.0, 1e-6, 1e-4, 1e-2, 1.0]},
}
"""The families of `compact` with every range in steps, so that the best of all can be known."""
CLOSED = ("spectral", "item_graph")
INTERACTION = 0.5
NOISE = 0.25
"""Standard deviations beside that of one parameter's own effect: of two parameters' joint effect, of a measurement."""
SKEW = 0.7
"""Good candidates crowd below the best, bad ones trail far behind, as in tables of real trainings."""
POINTS = 0.01


@cache
def made_space() -> SearchSpace:
    """The space of the made tables."""
    return parse_space(TREE, "made")


@cache
def made_keys() -> Sequence[Key]:
    """Every distinct candidate of the made space."""

    def values(slot: Slot, closed: bool) -> Sequence[Any]:
        options = _options(slot)
        if slot.name == "propagation":
            return [kind for kind in options if (kind in CLOSED) == closed]
        return options[:1] if closed and not slot.name.startswith("propagation") else options

    slots = made_space().slots
    found = [draft for closed in (True, False) for draft in drafts(slots, partial(values, closed=closed))]
    return list(dict.fromkeys(key_of(draft.params) for draft in found))


def _options(slot: Slot) -> Sequence[Any]:
    return list(slot.domain.values() or [])


def key_of(params: Params) -> Key:
    """The parameters that matter: a closed form is its propagation alone."""
    closed = params["propagation"] in CLOSED
    return tuple(
        (name, round(value, 9) if isinstance(value, float) else value)
        for name, value in sorted(params.items())
        if name.startswith("propagation") or not closed
    )


class Made:
    """A random response surface: smooth effects of numbers, free ones of choices, all pairs interacting, noise."""

    def __init__(self, seed: int) -> None:
        self.space = made_space()
        self._seed = seed
        self._drawn: dict[Any, Any] = {}
        self._order = {slot.parameter: _options(slot) for slot in self.space.slots if slot.shape == "leaf"}
        raw = np.array([self._raw(key) for key in made_keys()])
        self._mean, self._spread = float(raw.mean()), float(raw.std())
        noise = NOISE * numpy_rng(seed, "noise").standard_normal(len(raw))
        seen = self._scaled((raw - self._mean) / self._spread + noise)
        self._table = dict(zip(made_keys(), seen.tolist(), strict=True))
        self.best = max(self._table.values())

    def value(self, params: Params) -> float:
        """As the table says."""
        return float(self._table[key_of(params)])

    def _scaled(self, z: Any) -> Any:
        return 0.5 + 2 * POINTS * (1 - np.exp(-SKEW * z))

    def _raw(self, key: Key) -> float:
        total = sum(self._effect(name, value) for name, value in key)
        for n, one in enumerate(key):
            total += INTERACTION * sum(self._normal(one, other) for other in key[n + 1 :])
        return total

    def _effect(self, name: str, value: Any) -> float:
        values = self._order.get(name)
        if values is None or isinstance(value, str):
            return self._normal((name, value))
        if (name,) not in self._drawn:
            rng = numpy_rng(self._seed, "peak", name)
            self._drawn[name,] = (float(rng.uniform()), float(rng.uniform(1, 5)))
        peak, strength = map(float, self._drawn[name,])
        place = int(np.argmin(np.abs(np.array(values) - value))) / max(1, len(values) - 1)
        return -strength * (place - peak) ** 2

    def _normal(self, *what: Any) -> float:
        if what not in self._drawn:
            self._drawn[what] = float(numpy_rng(self._seed, "effect", repr(what)).standard_normal())
        return float(self._drawn[what])


# NAS-Bench-Graph ----------------------------------------------------------------------------------------------------

BENCH = ("arxiv", "citeseer", "computers", "cora", "cs", "photo", "physics", "proteins", "pubmed")


@dataclass(frozen=True)
class Cells(SearchSpace):
    """The space of NAS-Bench-Graph (Qin et al., NeurIPS 2022): nine shapes of four nodes, an operation in each.

    Cells that compute the same are one candidate. An architecture stands for each cell: its batch size is the cell's
    number in the table.
    """

    shapes: Sequence[Sequence[int]]
    known: Mapping[int, Any]
    numbers: dict[Key, int] = field(default_factory=dict)

    def number(self, params: Params) -> int:
        """The cell's number in the table. Raises `Infeasible` where the table has none."""
        key = tuple((name, params[name]) for name in self.parameters())
        if key not in self.numbers:
            from nas_bench_graph import Arch

            cell = Arch(list(self.shapes[params["shape"]]), [params[f"op{n}"] for n in range(4)]).regularize()
            cell.move_skip_op()
            cell.equalpart_sort()
            self.numbers[key] = int(cell.hash_arch())
        number = self.numbers[key]
        if number not in self.known:
            raise Infeasible("the table has no such cell", params)
        return number

    def ask(self, choose: Choose) -> Candidate:
        """The stand-in for a cell."""
        draft = fill(self.slots, choose)
        return Candidate(draft, Trained(propagation=NoPropagation(), batch_size=1 + self.number(draft.params)))

    def candidate(self, params: Params) -> Candidate:
        """The stand-in for a cell."""
        return self.ask(lambda slot: params[slot.parameter])

    def draw(self, rng: np.random.Generator) -> Candidate:
        """A cell of the table."""
        while True:
            try:
                return self.ask(lambda slot: slot.domain.draw(rng))
            except Infeasible:
                continue

    def grid(self, points: int) -> Iterator[Candidate]:
        """Every cell of the table."""
        for draft in drafts(self.slots, lambda slot: slot.domain.grid(points)):
            with suppress(Infeasible):
                yield self.candidate(draft.params)

    def neighbours(self, params: Params, rng: np.random.Generator) -> Iterator[Candidate]:
        """Other values of one parameter, such that other cells come of it."""
        changes = [(slot.parameter, value) for slot in self.slots for value in slot.domain.ends()]
        for index in rng.permutation(len(changes)):
            name, value = changes[index]
            with suppress(Infeasible):
                changed = self.candidate({**params, name: value})
                if self.number(changed.params) != self.number(params):
                    yield changed


def cells(shapes: Sequence[Sequence[int]], operations: Sequence[str], known: Mapping[int, Any]) -> Cells:
    """The space of cells of these shapes and operations that the table knows."""
    domains = {"shape": Categorical(tuple(range(len(shapes))))}
    domains |= {f"op{n}": Categorical(tuple(operations)) for n in range(4)}
    slots = tuple(Slot((name,), name, name, domain, "leaf", (), (), None, ()) for name, domain in domains.items())
    return Cells(slots, {}, (), {}, "NAS-Bench-Graph", shapes, known)


class Bench:
    """One data set of NAS-Bench-Graph: the accuracy on validation and on test of every cell."""

    def __init__(self, name: str) -> None:
        from nas_bench_graph import gnn_list, gnn_list_proteins, light_read, link_list

        self._table = light_read(name)
        self.space = cells(link_list, gnn_list_proteins if name == "proteins" else gnn_list, self._table)
        self.best = max(float(row["valid_perf"]) for row in self._table.values())

    def value(self, params: Params) -> float:
        """As the table says."""
        return float(self._table[self.space.number(params)]["valid_perf"])


def group(name: str) -> str:
    """What kind of table a name means."""
    return "made tables" if name.startswith("made-") else "NAS-Bench-Graph"


@cache
def problem(name: str) -> Problem:
    """The problem of a name: `made-3` or `cora`."""
    return Made(int(name.removeprefix("made-"))) if name.startswith("made-") else Bench(name)
