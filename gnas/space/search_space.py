"""Search spaces: trees of architectures in which values are replaced by ranges.

propagation:
  choice:                                         # one of several branches, with parameters of their own
    none: {}
    lightgcn: {depth: {int: [1, 4]}, norm: {choice: [sym, left]}}
    sage: {depth: {int: [1, 4]}}                  # the same range: one parameter, propagation.depth
    mixed: {ops: {repeat: {int: [1, 3]}, of: {choice: [lightgcn, sage]}}}
dim: {choice: [32, 64, 128]}                      # one of several values
loss: {choice: {bpr: {}, softmax: {temperature: {float: [0.05, 0.3], log: true}}}}
lr: {float: [1e-3, 1e-1], log: true}
batch_size: {choice: [1024, 4096], when: {loss: bpr}}   # exists under a condition, else the default stands
epochs: 100                                       # fixed
extends: lightgcn                                 # another space to start from; a key set to null removes it
anchors: [mf, lightgcn-2]                         # designs to try first
constraints: [{parameters: {max: 5_000_000}}]     # bounds that the winner must keep
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnas.config.architecture import Architecture
from gnas.config.document import Document
from gnas.errors import ConfigError
from gnas.rng import numpy_rng
from gnas.space.anchors import Constraint, read_anchors, read_constraints
from gnas.space.candidate import Candidate, Infeasible, build, built, draw, replay
from gnas.space.domain import Domain
from gnas.space.inverse import Outside, find
from gnas.space.moves import neighbours
from gnas.space.order import condition_problems, in_order, name_parameters
from gnas.space.reader import read_slots
from gnas.space.size import LIMIT, Check, Size, check, count
from gnas.space.slots import Choose, Slot, drafts, fill
from gnas.space.trying import value_problems

__all__ = ["Candidate", "Check", "Constraint", "Infeasible", "Outside", "SearchSpace", "Size", "parse_space"]

OWN_KEYS = ("extends", "anchors", "constraints")


@dataclass(frozen=True)
class SearchSpace:
    """A checked search space. Parameters are named for samplers; one name always means one range."""

    slots: tuple[Slot, ...]
    anchors: Mapping[str, Architecture]
    constraints: tuple[Constraint, ...]
    tree: dict[str, Any]
    """The YAML form, everything that it extended merged in."""
    source: str

    def parameters(self) -> dict[str, Domain]:
        """Every parameter's domain by name, in the order in which they are asked for."""
        return {slot.parameter: slot.domain for slot in self.slots if slot.searched}

    def ask(self, choose: Choose) -> Candidate:
        """The candidate in which `choose` decides every parameter that exists, in turn. Raises `Infeasible`."""
        return build(fill(self.slots, choose))

    def draw(self, rng: np.random.Generator) -> Candidate:
        """A random candidate. Raises `ConfigError` where no architecture came of 1000 attempts."""
        return draw(self.slots, rng)

    def candidate(self, params: Mapping[str, Any]) -> Candidate:
        """The candidate of given parameters; those that do not exist beside the others are left out.

        Raises `Infeasible`, or `ConfigError` where a parameter is missing, unknown or out of its range.
        """
        return build(replay(self.slots, params))

    def grid(self, points: int) -> Iterator[Candidate]:
        """Every candidate in the order of the space; of long and continuous ranges `points` values."""
        found = map(built, drafts(self.slots, lambda slot: slot.domain.grid(points)))
        return (candidate for candidate in found if candidate is not None)

    def neighbours(self, params: Mapping[str, Any], rng: np.random.Generator) -> Iterator[Candidate]:
        """All candidates one small change away, in random order. Raises as `candidate` does."""
        return neighbours(self.slots, params, rng)

    def find(self, architecture: Architecture) -> Candidate:
        """The candidate that `architecture` is, or one that is equal in all that matters. Raises `Outside`."""
        return find(self.slots, architecture)

    def why_not(self, architecture: Architecture) -> str:
        """Why `architecture` is not in the space; empty where it is."""
        try:
            self.find(architecture)
        except Outside as error:
            return str(error)
        return ""

    def contains(self, architecture: Architecture) -> bool:
        """Whether some candidate is `architecture`."""
        return not self.why_not(architecture)

    def size(self, limit: int = LIMIT, seed: int = 0) -> Size:
        """How many distinct architectures there are: exact up to `limit` combinations, an estimate above."""
        return count(self.slots, numpy_rng(seed, "space", "size"), limit)

    def check(self, draws: int = 500, seed: int = 0) -> Check:
        """How many of `draws` random combinations are refused, and why."""
        return check(self.slots, numpy_rng(seed, "space", "check"), draws)


def parse_space(space: Document | Mapping[str, Any], source: str = "space") -> SearchSpace:
    """Read and check a space that extends nothing (any more).

    Raises:
        ConfigError: everything that is wrong with it, each with its place.
    """
    document = space if isinstance(space, Document) else Document(dict(space), source)
    if not isinstance(document.tree, dict) or not set(document.tree) - set(OWN_KEYS):
        raise ConfigError(
            f"{document.source}: the space is empty; give at least one range, as in `dim: {{choice: [32, 64]}}`"
        )
    if "extends" in document.tree:
        raise ConfigError(document.problem(("extends",), "read this space with load_space, which knows the others"))
    rng = numpy_rng(0, "space", "trial")
    reader = read_slots(document, OWN_KEYS)
    named = name_parameters(reader.slots)
    problems = [*reader.problems, *condition_problems(named, document, set(reader.broken.values()))]
    slots, circles = in_order(named, document)
    problems += circles
    if not circles:
        problems += value_problems(slots, document, rng, reader.broken)
    anchors, wrong_anchors = read_anchors(document, () if circles else slots)
    constraints, wrong_constraints = read_constraints(document)
    problems += [*wrong_anchors, *wrong_constraints]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return SearchSpace(tuple(slots), anchors, constraints, document.tree, document.source)
