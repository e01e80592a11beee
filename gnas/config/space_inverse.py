"""Which parameters give a known architecture."""

from collections.abc import Sequence
from typing import Any

from gnas.config.architecture import Architecture, canonical, identity
from gnas.config.document import KeyPath, dotted
from gnas.config.domain import Fixed
from gnas.config.problems import shorten
from gnas.config.slots import Slot, fill
from gnas.config.space_draw import Infeasible, build

_ABSENT = object()


def params_of(slots: Sequence[Slot], architecture: Architecture) -> tuple[dict[str, Any] | None, str]:
    """The parameters that give `architecture`, or None and the reason why none do.

    Values that cannot matter for this architecture, such as the learning rate of a closed form, need not lie in their
    ranges: the parameters then give an equal candidate rather than an equal file.
    """
    tree = architecture.written()
    outside: list[str] = []

    def choose(slot: Slot) -> Any:
        assert not isinstance(slot.domain, Fixed)
        value = _value(tree, slot)
        found = slot.domain.match(value)
        if found:
            return found[0]
        if value is not _ABSENT:
            outside.append(f"{dotted(slot.path)} is {shorten(value)}, the space has {slot.domain}")
        return slot.domain.ends()[0]

    draft = fill(slots, choose)
    try:
        built = build(draft)
    except Infeasible as error:
        return None, "; ".join([*outside, str(error)])
    if built == architecture or identity(built) == identity(architecture):
        return draft.params, ""
    return None, "; ".join(outside or _differences(canonical(architecture), canonical(built), ()))


def _value(tree: Any, slot: Slot) -> Any:
    """What stands at a slot's path: a value, the name of a branch, the length of a list."""
    here = tree
    for key in slot.path:
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    if slot.shape == "branch" and isinstance(here, dict):
        return next(iter(here))
    if slot.shape == "list" and isinstance(here, list):
        return len(here)
    return here


def _differences(wanted: Any, given: Any, path: KeyPath) -> list[str]:
    """Sentences about the leaves in which two trees differ."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        if wanted.keys() != given.keys() and len(wanted) == len(given) == 1:
            return [f"{dotted(path)} is {next(iter(wanted))}, the space has {next(iter(given))}"]
        keys = dict.fromkeys([*wanted, *given])
        return [
            sentence
            for key in keys
            for sentence in _differences(wanted.get(key, _ABSENT), given.get(key, _ABSENT), (*path, key))
        ]
    if wanted == given:
        return []
    words = [("nothing" if value is _ABSENT else shorten(value)) for value in (wanted, given)]
    return [f"{dotted(path)} is {words[0]}, the space has {words[1]}"]
