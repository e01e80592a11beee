"""The next candidate: known designs first, quick ones before slow ones, then those of the sampler.

Never one that was tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gnas.config.architecture import Architecture
from gnas.search.proposal import Proposal
from gnas.search.samplers import SAMPLERS
from gnas.search.view import Sampler, View
from gnas.search.work import Setup
from gnas.space.search_space import Outside

OWN_ATTEMPTS = 60
"""Proposals of the sampler for one trial before random ones take over, and after those the whole space in order."""
RANDOM_ATTEMPTS = 150
QUICK_SHARE = 0.2
"""Share of the time from which on known designs that are trained take turns with closed forms."""
QUEUE_SHARE = 0.4
"""Share of the time from which on known designs take turns with proposals: a search must not end with slow ones."""


@dataclass(frozen=True)
class Queue:
    """Candidates to train before any proposal, and what could not be queued."""

    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...]


def queue_of(setup: Setup) -> Queue:
    """`setup.ahead`, anchors, then `setup.first`, as far as they lie within the space."""
    named: list[tuple[str, Architecture]] = [*setup.ahead.items()]
    if setup.config.anchors:
        named += [(f"anchor {name}", architecture) for name, architecture in setup.space.anchors.items()]
    named += setup.first.items()
    proposals, notes = [], []
    for origin, architecture in named:
        try:
            proposals.append(Proposal(setup.space.find(architecture), origin))
        except Outside as error:
            notes.append(f"{origin} lies outside the space and is left out: {error}")
    proposals.sort(key=lambda proposal: proposal.candidate.architecture.trained)
    return Queue(tuple(proposals), tuple(notes))


def propose(queue: Queue, sampler: Sampler, view: View) -> tuple[Proposal, int] | None:
    """A candidate that no trial has and how many duplicates came before it; None if the space holds no more."""
    left = [proposal for proposal in queue.proposals if view.known(proposal.candidate) is None]
    if left and (view.time_share < QUEUE_SHARE or view.number % 2 == 0):
        return _next_known(left, view), 0
    duplicates = 0
    for proposal in _attempts(sampler, view):
        if proposal is None:
            continue
        if view.known(proposal.candidate) is None:
            return proposal, duplicates
        duplicates += 1
    return (_next_known(left, view), duplicates) if left else None


def _next_known(left: Sequence[Proposal], view: View) -> Proposal:
    """The first, closed forms standing before trained candidates; once they have had their time, in turns."""
    turn = view.time_share >= QUICK_SHARE and view.outcomes and not view.outcomes[-1].architecture.trained
    trained = [proposal for proposal in left if proposal.candidate.architecture.trained]
    return trained[0] if turn and trained else left[0]


def _attempts(sampler: Sampler, view: View) -> Iterator[Proposal | None]:
    yield from islice(sampler(view), OWN_ATTEMPTS)
    if sampler is not SAMPLERS["grid"]:
        yield from islice(SAMPLERS["random"](view), RANDOM_ATTEMPTS)
        yield from SAMPLERS["grid"](view)
