"""Names of the parameters, conditions that can hold, and the order in which slots are filled."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from gnas.config.document import Document
from gnas.config.problems import shorten
from gnas.registry import did_you_mean
from gnas.space.domain import Scalar, same
from gnas.space.slots import Condition, Slot, top_level_defaults


def name_parameters(slots: Sequence[Slot]) -> list[Slot]:
    """The slots with the names that samplers use.

    A parameter is called by its path without the names of branches, `propagation.depth`, so that what is learned in one
    branch counts in another. A sampler's name must always mean one range: where branches differ, the range written
    first has the short name, and each other range that of the first branch it is written in, `propagation.sage.depth`,
    or of its case, `weight_decay.all-pairs`.
    """
    first: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    named = []
    for slot in slots:
        if not slot.searched:
            named.append(slot)
            continue
        meaning = (slot.name, repr(slot.domain))
        if meaning not in first:
            first[meaning] = slot.name if slot.name not in taken else slot.parameter
            taken.add(slot.name)
        named.append(replace(slot, parameter=first[meaning]))
    return named


def condition_problems(slots: Sequence[Slot], document: Document, broken: Collection[str] = ()) -> list[str]:
    """What is wrong with the conditions: names and values that cannot occur, slots that can never exist.

    Conditions on names in `broken`, which have problems of their own, are passed over.
    """
    problems: list[str] = []
    by_name = _by_name(slots)
    for slot in slots:
        unknown = any(condition.name in broken for condition in slot.conditions)
        for condition in slot.when:
            if condition.name in broken:
                continue
            for sentence in _meaningless(condition, slot, by_name):
                problems.append(document.problem((*slot.origin, "when"), sentence, slot.path))
                unknown = True
        if slot.when and not unknown and satisfying(slot.conditions, slots) is None:
            wanted = " and ".join(map(str, slot.conditions))
            sentence = f"its conditions contradict one another, so that it can never exist: {wanted}"
            problems.append(document.problem((*slot.origin, "when"), sentence, slot.path))
    return problems or [document.problem(second.origin, sentence, second.path) for second, sentence in _overlaps(slots)]


def _overlaps(slots: Sequence[Slot]) -> Iterator[tuple[Slot, str]]:
    """Cases of one parameter that can hold at the same time."""
    for index, first in enumerate(slots):
        for second in slots[index + 1 :]:
            if first.path == second.path and satisfying((*first.conditions, *second.conditions), slots) is not None:
                asks = [" and ".join(map(str, slot.when)) for slot in (first, second)]
                yield second, f"two cases can hold at once: {asks[0]}; {asks[1]}"


def in_order(slots: Sequence[Slot], document: Document) -> tuple[list[Slot], list[str]]:
    """The slots with everything after what its conditions ask for, and a problem where they run in a circle."""
    ordered: list[Slot] = []
    pending = list(slots)
    while pending:
        names = {slot.name for slot in pending}
        ready = next((slot for slot in pending if not names & {c.name for c in slot.conditions} - {slot.name}), None)
        if ready is None:
            circle = [slot for slot in pending if slot.when]
            asks = "; ".join(f"{slot.name} when {' and '.join(map(str, slot.when))}" for slot in circle)
            sentence = f"conditions run in a circle: {asks}; remove one"
            return ordered, [document.problem((*circle[0].origin, "when"), sentence, circle[0].path)]
        ordered.append(ready)
        pending.remove(ready)
    return ordered, []


def satisfying(conditions: Sequence[Condition], slots: Sequence[Slot]) -> dict[str, tuple[Scalar, ...]] | None:
    """Values by name under which `conditions` hold, or None where nothing can make them hold."""
    return next(_solutions(list(conditions), {}, _by_name(slots)), None)


def _by_name(slots: Sequence[Slot]) -> dict[str, list[Slot]]:
    by_name: dict[str, list[Slot]] = {}
    for slot in slots:
        by_name.setdefault(slot.name, []).append(slot)
    return by_name


def _meaningless(condition: Condition, slot: Slot, by_name: Mapping[str, list[Slot]]) -> Iterator[str]:
    name = condition.name
    defaults = top_level_defaults()
    if name == slot.name:
        yield f"when {name}: it cannot depend on itself"
    elif name not in by_name and name not in defaults:
        yield f"when {name}: there is no such parameter in this space ({did_you_mean(name, {*by_name, *defaults})})"
    elif any(other.domain.values() is None for other in by_name.get(name, [])):
        yield f"when {name}: it is a continuous range, whose single values never occur; condition on a choice"
    else:
        for value in condition.values:
            if not any(_can_be(other, value) for other in by_name.get(name, [])) and not (
                name not in by_name and same(defaults[name], value)
            ):
                yield f"when {name} is {shorten(value)}: that never occurs ({_occurring(name, by_name)})"


def _can_be(slot: Slot, value: Scalar) -> bool:
    return bool(slot.domain.match(value)) or (bool(slot.when) and same(slot.default, value))


def _occurring(name: str, by_name: Mapping[str, list[Slot]]) -> str:
    if name not in by_name:
        return f"this space leaves {name} at {top_level_defaults()[name]}"
    words = [str(value) for slot in by_name[name] for value in slot.domain.values() or []]
    return f"known: {', '.join(dict.fromkeys(words))}"


def _solutions(
    pending: list[Condition], allowed: dict[str, tuple[Scalar, ...]], by_name: Mapping[str, list[Slot]]
) -> Iterator[dict[str, tuple[Scalar, ...]]]:
    """Ways to make all conditions hold, by search with backtracking.

    A slot whose `when` fails and leaves its default counts as possible without a look at what made it fail.
    """
    if not pending:
        yield allowed
        return
    condition, rest = pending[0], pending[1:]
    name = condition.name
    if name in allowed:
        values = _common(condition.values, allowed[name])
        if values:
            yield from _solutions(rest, {**allowed, name: values}, by_name)
        return
    if name not in by_name:
        if any(same(top_level_defaults().get(name), value) for value in condition.values):
            yield from _solutions(rest, {**allowed, name: condition.values}, by_name)
        return
    for slot in by_name[name]:
        members = tuple(value for value in condition.values if slot.domain.match(value))
        if members:
            yield from _solutions([*slot.conditions, *rest], {**allowed, name: members}, by_name)
        if slot.when and any(same(slot.default, value) for value in condition.values):
            yield from _solutions([*slot.inside, *rest], {**allowed, name: (slot.default,)}, by_name)


def _common(left: Sequence[Scalar], right: Sequence[Scalar]) -> tuple[Scalar, ...]:
    return tuple(value for value in left if any(same(value, other) for other in right))
