"""Random search."""

from collections.abc import Iterator
from itertools import count

from gnas.search.proposal import Proposal, fixed
from gnas.search.view import SAMPLERS, View
from gnas.space.search_space import Infeasible


@SAMPLERS.register("random")
def uniform(view: View) -> Iterator[Proposal | None]:
    """Independent draws: the yardstick for all others."""
    for attempt in count():
        try:
            yield fixed(view.space, view.space.random(view.rng(attempt)), "random")
        except Infeasible:
            yield None
