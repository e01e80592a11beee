"""Exhaustive search."""

from collections.abc import Iterator

from gnas.search.proposal import Proposal
from gnas.search.view import View

POINTS = 5
"""Values taken of a continuous range, and of an integer range with more values than that many times ten."""


def grid(view: View) -> Iterator[Proposal | None]:
    """Every combination in the order of the space; continuous ranges at five values. Ends when all were proposed."""
    for candidate in view.space.grid(POINTS):
        if view.known(candidate) is None:
            yield Proposal(candidate, "grid")
