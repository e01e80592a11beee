"""Finding the parameters that give a known architecture."""

from collections.abc import Sequence
from typing import Any

from gnas.config.architecture import Architecture, Trained
from gnas.config.document import KeyPath, dotted
from gnas.config.problems import shorten
from gnas.space.candidate import Candidate, Infeasible, build
from gnas.space.slots import Slot, fill

_ABSENT = object()


class Outside(Exception):
    """An architecture lies outside a space; the message says why."""


def find(slots: Sequence[Slot], architecture: Architecture) -> Candidate:
    """The candidate that `architecture` is.

    Values that cannot matter for this architecture, such as the learning rate of a closed form, need not lie in their
    ranges: the candidate is then an equal one.

    Raises:
        Outside: there is none.
    """
    written = {**Trained().written(), **architecture.written()}
    plain = architecture.canonical()
    outside: dict[KeyPath, str] = {}

    def choose(slot: Slot) -> Any:
        value = _value(written, slot)
        if isinstance(value, dict):  # several words where one may do
            value = _value(plain, slot)
        found = slot.match(value)
        if found:
            return found[0]
        if value is not _ABSENT:
            outside[slot.path] = f"{dotted(slot.path)} is {shorten(value)}, the space has {slot.domain}"
        return slot.domain.ends()[0]

    try:
        candidate = build(fill(slots, choose))
    except Infeasible as error:
        raise Outside("; ".join([*outside.values(), str(error)])) from None
    if candidate.architecture == architecture or candidate.identity == architecture.identity:
        return candidate
    different = _differences(plain, candidate.architecture.canonical(), ())
    told = [sentence for path, sentence in outside.items() if path in different]
    raise Outside("; ".join([*told, *(sentence for path, sentence in different.items() if path not in outside)]))


def _value(tree: Any, slot: Slot) -> Any:
    """What stands at a slot's path: a value, the name of a branch, the length of a list."""
    here = tree
    for key in slot.path:
        if isinstance(here, str):
            return here  # one word for all that it could be split into
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    if slot.shape == "branch" and isinstance(here, dict):
        return next(iter(here))
    if slot.shape == "list" and isinstance(here, list):
        return len(here)
    return here


def _differences(wanted: Any, given: Any, path: KeyPath) -> dict[KeyPath, str]:
    """A sentence for each leaf in which two trees differ; what `wanted` lacks does not matter to it."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        if wanted.keys() != given.keys() and len(wanted) == len(given) == 1:
            return {path: f"{dotted(path)} is {next(iter(wanted))}, the space has {next(iter(given))}"}
        found: dict[KeyPath, str] = {}
        for key in dict.fromkeys([*wanted, *given]):
            found |= _differences(wanted.get(key, _ABSENT), given.get(key, _ABSENT), (*path, key))
        return found
    if wanted == given or wanted is _ABSENT:
        return {}
    other = "nothing there" if given is _ABSENT else shorten(given)
    return {path: f"{dotted(path)} is {shorten(wanted)}, the space has {other}"}
