"""Quasi-random search: points that fill the space evenly."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from scipy.stats import qmc as scipy_qmc

from gnas.rng import derive_seed
from gnas.search.proposal import Proposal, fixed
from gnas.search.view import SAMPLERS, View
from gnas.space.search_space import Infeasible

DIMENSIONS = 64
"""More parameters than a space asks one candidate for; the n-th that is asked for takes the n-th coordinate."""


@SAMPLERS.register("qmc")
def qmc(view: View) -> Iterator[Proposal | None]:
    """Scrambled Sobol points, each asked parameter in turn taking one coordinate."""
    engine = scipy_qmc.Sobol(DIMENSIONS, rng=np.random.default_rng(derive_seed(view.seed, "sobol")))
    used = sum(1 + outcome.duplicates for outcome in view.outcomes)
    if used:
        engine.fast_forward(used)
    for _ in count():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # scipy would like powers of two
            answers = _PointAnswers(engine.random(1)[0].tolist())
        try:
            view.space.sample(answers)
            yield fixed(view.space, answers.params, "qmc")
        except Infeasible:
            yield None


class _PointAnswers:
    """Answers a space with the quantiles that a point of the unit cube gives."""

    def __init__(self, point: list[float]) -> None:
        self._point = point
        self.params: dict[str, Any] = {}

    def _next(self) -> float:
        return self._point[len(self.params) % len(self._point)]

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        if name not in self.params:
            values = list(range(low, high + 1, step))
            share = self._next()
            if log:
                exact = float(np.exp(np.log(low) + share * (np.log(high + 1) - np.log(low))))
                self.params[name] = min(high, int(exact))
            else:
                self.params[name] = values[int(share * len(values))]
        return int(self.params[name])

    def real(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float:
        if name not in self.params:
            share = self._next()
            if step is not None:
                steps = round((high - low) / step)
                value = low + step * int(share * (steps + 1))
            elif log:
                value = float(np.exp(np.log(low) + share * (np.log(high) - np.log(low))))
            else:
                value = low + share * (high - low)
            self.params[name] = min(high, max(low, value))
        return float(self.params[name])

    def categorical(self, name: str, choices: Sequence[Any]) -> Any:
        if name not in self.params:
            self.params[name] = choices[int(self._next() * len(choices))]
        return self.params[name]
