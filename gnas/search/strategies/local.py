"""Local search: neighbours of the best so far."""

from collections.abc import Iterator
from itertools import count

from gnas.errors import ConfigError
from gnas.search.outcome import Outcome
from gnas.search.proposal import Proposal, fixed
from gnas.search.strategies.uniform import uniform
from gnas.search.view import SAMPLERS, View
from gnas.space.search_space import Infeasible

STARTUP = 10
"""Random trials before the first step."""
INCUMBENTS = 3
WEIGHTS = (0.5, 0.3, 0.2)
"""How often the best, the second and the third are varied."""


@SAMPLERS.register("local")
def local(view: View) -> Iterator[Proposal | None]:
    """First-improvement local search (White et al., "Exploring the Loss Landscape in NAS", 2020) after a random start.

    The incumbents are looked up anew for every trial, so the first neighbour that is better replaces them at once.
    """
    done = sum(outcome.state in ("complete", "pruned") for outcome in view.outcomes)
    return neighbours(view) if done >= STARTUP and view.best(1) else uniform(view)


def neighbours(view: View) -> Iterator[Proposal | None]:
    """Mutations of the best few."""
    best = view.best(INCUMBENTS)
    if not best:
        yield from uniform(view)
    weights = [weight / sum(WEIGHTS[: len(best)]) for weight in WEIGHTS[: len(best)]]
    for attempt in count():
        rng = view.rng(attempt)
        yield mutant(view, best[int(rng.choice(len(best), p=weights))], attempt)


def mutant(view: View, parent: Outcome, attempt: int) -> Proposal | None:
    """One mutation of `parent`, or None where it makes no valid architecture or nothing can be varied."""
    try:
        params = view.space.mutate(parent.params, view.rng(attempt).spawn(1)[0])
        return fixed(view.space, params, f"neighbour of {parent.number}")
    except (Infeasible, ConfigError):
        return None
