"""Samplers of Optuna: tree-structured Parzen estimators, Gaussian processes, genetic algorithms.

A fresh sampler with its own seed is made for every proposal, over a fresh mirror of the history: Optuna stores neither
sampler nor random state, and a search that is resumed must go on as if it had never stopped.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, NSGAIIISampler, NSGAIISampler, TPESampler
from optuna.trial import TrialState

from gnas.search.mirror import constraints, mirror
from gnas.search.proposal import Proposal, ask
from gnas.search.view import View
from gnas.space.search_space import Infeasible

MAX_SEED = 2**32
GP_TRIALS = 500
"""The latest trials that a Gaussian process learns from: its cost is the cube of their number."""
GP_ATTEMPTS = 5
"""A Gaussian process is slow, and may ask for what is known again and again; random draws follow."""


def tpe(view: View) -> Iterator[Proposal | None]:
    """Multivariate tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011; Falkner et al., ICML 2018).

    Parameters that occur together are modelled together (`group`), which conditional spaces need: with one closed-form
    candidate in the history nearly no parameter is common to all trials.
    """
    return _ask(view, lambda seed: TPESampler(seed=seed, multivariate=True, group=True), "tpe")


def gp(view: View) -> Iterator[Proposal | None]:
    """Gaussian process with expected improvement; conditional parameters are drawn at random."""
    recent = replace(view, outcomes=view.outcomes[-GP_TRIALS:])
    return islice(_ask(recent, lambda seed: GPSampler(seed=seed, warn_independent_sampling=False), "gp"), GP_ATTEMPTS)


def nsga2(view: View) -> Iterator[Proposal | None]:
    """NSGA-II (Deb et al., 2002): for several objectives and some hundred trials."""
    return _ask(view, lambda seed: NSGAIISampler(seed=seed, population_size=_population(view)), "nsga2")


def nsga3(view: View) -> Iterator[Proposal | None]:
    """NSGA-III (Deb & Jain, 2014): for three or more objectives."""
    return _ask(view, lambda seed: NSGAIIISampler(seed=seed, population_size=_population(view)), "nsga3")


def _population(view: View) -> int:
    """At least five generations within the budget."""
    return 20 if view.trials is None else min(50, max(10, view.trials // 5))


def _ask(view: View, make: Callable[[int], BaseSampler], origin: str) -> Iterator[Proposal | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study = mirror(view.outcomes, view.objectives, make(0))
    for attempt in count():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.sampler = make(view.seed_of(attempt) % MAX_SEED)
            trial = study.ask()
            try:
                candidate = ask(view.space, trial)
            except Infeasible:
                candidate = None
        if candidate is None:
            study.tell(trial, state=TrialState.PRUNED)
            yield None
            continue
        if not view.wants(candidate):
            study.tell(trial, state=TrialState.FAIL)  # no lesson: TPE overlooks failures
            yield None
            continue
        frozen = study.get_trials(deepcopy=False)[trial.number]
        attrs = {key: value for key, value in frozen.system_attrs.items() if key.endswith(":generation")}
        yield Proposal(candidate, origin, attrs)
        known = view.known(candidate)
        if known is not None and known.state == "complete":
            for name, by in constraints(known, view.objectives).items():
                trial.set_constraint(name, by)
            study.tell(trial, known.values)
        else:
            study.tell(trial, state=TrialState.PRUNED)
