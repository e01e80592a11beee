"""Exhaustive search."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gnas.search.proposal import Proposal, fixed
from gnas.search.protocols import Space
from gnas.search.view import SAMPLERS, View
from gnas.space.search_space import Infeasible

POINTS = 5
"""Values taken of a continuous range, and of an integer range with more values than that many times ten."""


@SAMPLERS.register("grid")
def grid(view: View) -> Iterator[Proposal | None]:
    """Every combination in the order of the space; continuous ranges at five values. Ends when all were proposed."""
    for params in combinations(view.space):
        if params is None:
            continue
        proposal = fixed(view.space, params, "grid")
        if view.known(proposal) is None:
            yield proposal


def combinations(space: Space) -> Iterator[dict[str, Any] | None]:
    """All parameter settings of a space, by walking its questions like an odometer; None for an infeasible one."""
    path: list[int] = []
    while True:
        answers = _PathAnswers(path)
        try:
            space.sample(answers)
            yield answers.params
        except Infeasible:
            yield None
        path = answers.taken
        widths = answers.widths
        while path and path[-1] + 1 >= widths[len(path) - 1]:
            path = path[:-1]
        if not path:
            return
        path = [*path[:-1], path[-1] + 1]


class _PathAnswers:
    """Answers the n-th new question with the option that `path[n]` counts to, beyond the path with the first."""

    def __init__(self, path: list[int]) -> None:
        self._path = path
        self.taken: list[int] = []
        self.widths: list[int] = []
        self.params: dict[str, Any] = {}

    def _pick(self, name: str, options: Sequence[Any]) -> Any:
        if name not in self.params:
            position = len(self.taken)
            index = self._path[position] if position < len(self._path) else 0
            self.taken.append(index)
            self.widths.append(len(options))
            self.params[name] = options[index]
        return self.params[name]

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        values = list(range(low, high + 1, step))
        if len(values) > 10 * POINTS:
            spaced = np.geomspace(low, high, POINTS) if log else np.linspace(0, len(values) - 1, POINTS)
            values = [round(x) for x in spaced] if log else [values[round(x)] for x in spaced]
        return int(self._pick(name, values))

    def real(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float:
        if step is not None:
            values = [min(high, low + step * index) for index in range(round((high - low) / step) + 1)]
        else:
            values = (np.geomspace if log else np.linspace)(low, high, POINTS).tolist() if high > low else [low]
        return float(self._pick(name, [min(high, max(low, value)) for value in values]))

    def categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self._pick(name, choices)
