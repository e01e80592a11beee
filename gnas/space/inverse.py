"""Which parameters give a known architecture."""

from collections.abc import Sequence
from typing import Any

from gnas.config.architecture import Architecture, canonical, identity
from gnas.config.document import KeyPath, dotted
from gnas.config.features import plain_entry
from gnas.config.problems import shorten
from gnas.config.propagation import NORM_EXPONENT
from gnas.space.domain import Fixed
from gnas.space.draw import Infeasible, build
from gnas.space.slots import Slot, fill

_ABSENT = object()


def params_of(slots: Sequence[Slot], architecture: Architecture) -> tuple[dict[str, Any] | None, str]:
    """The parameters that give `architecture`, or None and the reason why none do.

    Values that cannot matter for this architecture, such as the learning rate of a closed form, need not lie in their
    ranges: the parameters then give an equal candidate rather than an equal file.
    """
    tree = architecture.written()
    tree["features"]["entry"] = plain_entry(architecture.features)
    outside: dict[KeyPath, str] = {}

    def choose(slot: Slot) -> Any:
        assert not isinstance(slot.domain, Fixed)
        value = _value(tree, slot)
        for alias in (value, *_aliases(slot, value)):
            found = slot.domain.match(alias)
            if found:
                return found[0]
        if value is not _ABSENT:
            outside[slot.path] = f"{dotted(slot.path)} is {shorten(value)}, the space has {slot.domain}"
        return slot.domain.ends()[0]

    draft = fill(slots, choose)
    try:
        built = build(draft)
    except Infeasible as error:
        return None, "; ".join([*outside.values(), str(error)])
    if built == architecture or identity(built) == identity(architecture):
        return draft.params, ""
    different = _differences(canonical(architecture), canonical(built), ())
    told = [sentence for path, sentence in outside.items() if path in different]
    told += [sentence for path, sentence in different.items() if path not in outside]
    return None, "; ".join(told)


def _value(tree: Any, slot: Slot) -> Any:
    """What stands at a slot's path: a value, the name of a branch, the length of a list."""
    here = tree
    for key in slot.path:
        if here in ("early", "late") and slot.path[:2] == ("features", "entry"):
            return here  # one word for all kinds of features
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    if slot.shape == "branch" and isinstance(here, dict):
        return next(iter(here))
    if slot.shape == "list" and isinstance(here, list):
        return len(here)
    return here


def _aliases(slot: Slot, value: Any) -> list[Any]:
    """Other ways to write the same.

    A normalisation by name or by its exponent, a list of one name or none at all, attributes by name or by truth.
    """
    if slot.path[-1] in ("vectors", "links") and isinstance(value, list):
        return ["none"] if not value else value if len(value) == 1 else []
    if slot.path[-1] == "attributes" and isinstance(value, bool):
        return ["flat" if value else "none"]
    if slot.path[-1] != "norm":
        return []
    names = [name for name, exponent in NORM_EXPONENT.items() if value == exponent]
    return [*names, *([NORM_EXPONENT[value]] if value in NORM_EXPONENT else [])]


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
