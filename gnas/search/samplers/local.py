"""Neighbours of what was good so far: local search, regularised evolution."""

from collections.abc import Iterator
from itertools import count

from gnas.errors import ConfigError
from gnas.search.outcome import Outcome, ranked
from gnas.search.proposal import Proposal
from gnas.search.samplers.uniform import uniform
from gnas.search.view import View
from gnas.space.search_space import Infeasible

STARTUP = 10
"""Random trials before the first step."""
WEIGHTS = (0.5, 0.3, 0.2)
"""How often the best, the second and the third are varied."""
POPULATION = 10
SAMPLE = 3
"""Of regularised evolution: who may have children, and how many of them are looked at."""


def local(view: View) -> Iterator[Proposal | None]:
    """First-improvement local search (White et al., "Exploring the Loss Landscape in NAS", 2020) after a random start.

    The incumbents are looked up for every trial, so the first neighbour that is better replaces them at once.
    """
    best = view.best(len(WEIGHTS))
    if view.n_learned < STARTUP or not best:
        yield from uniform(view)
    weights = [weight / sum(WEIGHTS[: len(best)]) for weight in WEIGHTS[: len(best)]]
    for attempt in count():
        yield mutant(view, best[int(view.rng(attempt).choice(len(best), p=weights))], attempt)


def mutant(view: View, parent: Outcome, attempt: int) -> Proposal | None:
    """A random neighbour of `parent`, or None where it has none or lies outside the space."""
    try:
        found = next(filter(view.wants, view.space.neighbours(parent.params, view.rng(attempt).spawn(1)[0])), None)
    except (Infeasible, ConfigError):
        return None
    return Proposal(found, f"neighbour of {parent.number}") if found else None


def evolution(view: View) -> Iterator[Proposal | None]:
    """Regularised evolution (Real et al., AAAI 2019): the youngest live on, the best of a random few has a child.

    Pruned trials grow old like others but have no children.
    """
    grown = [outcome for outcome in view.outcomes if outcome.state in ("complete", "pruned")]
    population = [outcome for outcome in grown[-POPULATION:] if outcome.state == "complete"]
    if len(grown) < POPULATION or not population:
        yield from uniform(view)
    for attempt in count():
        rng = view.rng(attempt)
        chosen = rng.choice(len(population), size=min(SAMPLE, len(population)), replace=False)
        yield mutant(view, ranked([population[index] for index in chosen], view.objectives)[0], attempt)
