"""A proposed candidate, and how Optuna is asked for one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from gnas.space.domain import Domain
from gnas.space.search_space import Candidate, SearchSpace
from gnas.space.slots import Slot

_DISTRIBUTIONS: dict[str, Callable[..., BaseDistribution]] = {
    "int": IntDistribution,
    "float": FloatDistribution,
    "categorical": CategoricalDistribution,
}


@dataclass(frozen=True)
class Proposal:
    """A candidate, who proposed it, and what the sampler keeps with the trial."""

    candidate: Candidate
    origin: str
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The domains of its parameters, as Optuna has them."""
        return {name: distribution(domain) for name, domain in self.candidate.domains.items()}


def distribution(domain: Domain) -> BaseDistribution:
    """A domain as Optuna has it."""
    kind, settings = domain.distribution()
    return _DISTRIBUTIONS[kind](**settings)


def ask(space: SearchSpace, trial: Trial) -> Candidate:
    """The candidate that the sampler of an Optuna trial wants. Raises `Infeasible`."""

    def choose(slot: Slot) -> Any:
        kind, settings = slot.domain.distribution()
        return getattr(trial, f"suggest_{kind}")(slot.parameter, **settings)

    return space.ask(choose)
