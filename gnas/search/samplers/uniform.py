"""Random search."""

from collections.abc import Iterator
from itertools import count

from gnas.search.proposal import Proposal
from gnas.search.view import View


def uniform(view: View) -> Iterator[Proposal | None]:
    """Independent draws: the yardstick for all others."""
    for attempt in count():
        yield Proposal(view.space.draw(view.rng(attempt)), "random")
