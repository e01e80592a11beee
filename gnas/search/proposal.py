"""A candidate on its way into the ledger, and how Optuna is asked for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from gnas.space.search_space import Candidate, SearchSpace
from gnas.space.slots import Slot

_DISTRIBUTIONS = {"int": IntDistribution, "float": FloatDistribution, "categorical": CategoricalDistribution}


@dataclass(frozen=True)
class Proposal:
    """A candidate, who proposed it, and what the sampler keeps with the trial."""

    candidate: Candidate
    origin: str
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The domains of its parameters, as Optuna has them."""
        told = {name: domain.distribution() for name, domain in self.candidate.domains.items()}
        return {name: _DISTRIBUTIONS[one.kind](**one.settings) for name, one in told.items()}


def ask(space: SearchSpace, trial: Trial) -> Candidate:
    """The candidate that the sampler of an Optuna trial wants. Raises `Infeasible`."""

    def choose(slot: Slot) -> Any:
        told = slot.domain.distribution()
        return getattr(trial, f"suggest_{told.kind}")(slot.parameter, **told.settings)

    return space.ask(choose)
