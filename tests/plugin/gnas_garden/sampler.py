"""Random search that says who it is."""

from collections.abc import Iterator
from itertools import count

from gnas.search.proposal import Proposal
from gnas.search.view import View


def backwards(view: View) -> Iterator[Proposal | None]:
    for attempt in count():
        yield Proposal(view.space.draw(view.rng(10_000 - attempt)), "backwards")
