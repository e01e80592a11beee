"""Regularised evolution."""

from collections.abc import Iterator
from itertools import count

from gnas.search.outcome import ranked
from gnas.search.proposal import Proposal
from gnas.search.samplers.local import mutant
from gnas.search.samplers.uniform import uniform
from gnas.search.view import View

POPULATION = 10
SAMPLE = 3


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
