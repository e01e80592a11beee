"""A candidate on its way into the ledger, and the answers that lead to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from gnas.config.architecture import Architecture
from gnas.search.protocols import Params, Space


@dataclass(frozen=True)
class Proposal:
    """Parameters, the ranges they come from, and the architecture that they give."""

    params: Params
    distributions: Mapping[str, BaseDistribution]
    architecture: Architecture
    origin: str
    attrs: Mapping[str, Any] = field(default_factory=dict)


def fixed(space: Space, params: Params, origin: str) -> Proposal:
    """The proposal that known parameters make; those that the space does not ask for are left out."""
    answers = Answers(params)
    architecture = space.sample(answers)
    used = {name: params[name] for name in answers.distributions}
    return Proposal(used, answers.distributions, architecture, origin)


class Answers:
    """Answers a space from known parameters and notes the ranges that it asks about."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self.distributions: dict[str, BaseDistribution] = {}

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """The known whole number."""
        self.distributions[name] = IntDistribution(low, high, log=log, step=step)
        return int(self._params[name])

    def real(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float:
        """The known number."""
        self.distributions[name] = FloatDistribution(low, high, log=log, step=step)
        return float(self._params[name])

    def categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """The known choice."""
        self.distributions[name] = CategoricalDistribution(tuple(choices))
        return self._params[name]


class OptunaAnswers:
    """Answers a space from an Optuna trial."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """As the sampler suggests."""
        return self._trial.suggest_int(name, low, high, step=step, log=log)

    def real(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float:
        """As the sampler suggests."""
        return self._trial.suggest_float(name, low, high, step=step, log=log)

    def categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """As the sampler suggests."""
        return self._trial.suggest_categorical(name, list(choices))
