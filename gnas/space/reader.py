"""Reads the tree of a search space into slots, and notes every problem on the way."""

from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from gnas.config.architecture import Trained
from gnas.config.document import Document, KeyPath, dotted
from gnas.config.problems import shorten
from gnas.config.schema import PLAIN, Kind, default_of, kinds
from gnas.registry import did_you_mean
from gnas.space.domain import Categorical, Domain, Fixed, Scalar
from gnas.space.ranges import RANGES, range_key, read_range
from gnas.space.slots import Condition, Slot

MAX_REPEAT = 16


@dataclass(frozen=True)
class Place:
    """Where the reader stands: in the architecture, in the file, under which conditions."""

    path: KeyPath
    name: tuple[str, ...]
    origin: KeyPath
    kind: Kind
    default: Scalar = None
    inside: tuple[Condition, ...] = ()

    @property
    def key(self) -> str:
        """The name as conditions write it."""
        return ".".join(self.name)


@dataclass
class Reader:
    """Collects slots and problems. `parameter` of the slots is still the whole path."""

    document: Document
    slots: list[Slot] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    broken: dict[KeyPath, str] = field(default_factory=dict)
    """Places and names of what has problems: neither a condition on one nor its lack is told again."""

    def report(self, place: Place, sentence: str, *below: str) -> None:
        """Note a problem at `place`, or at a key below it."""
        self.broken[place.path] = place.key
        self.problems.append(self.document.problem((*place.origin, *below), sentence, place.path))

    def fields(self, node: dict[str, Any], model: type[BaseModel], place: Place, what: str) -> None:
        """Read the parameters of `model`, unknown ones being problems."""
        known = kinds(model)
        for key, value in node.items():
            here = Place(
                (*place.path, key), (*place.name, key), (*place.origin, key), known.get(key, PLAIN), None, place.inside
            )
            if key not in known:
                self.report(here, f"unknown key{what} ({did_you_mean(key, known)})")
            else:
                default = default_of(model, key)
                self.node(value, replace(here, default=None if isinstance(default, list) else default))

    def node(self, node: Any, place: Place, when: tuple[Condition, ...] = ()) -> None:
        """Read whatever stands at one key."""
        word = range_key(node)
        if word is not None:
            self.range(node, word, place)
        elif place.kind.registry is not None:
            self.member(node, place, when)
        elif place.kind.model is not None and isinstance(node, dict):
            self.fields(node, place.kind.model, replace(place, inside=(*place.inside, *when)), "")
        elif place.kind.free and isinstance(node, dict):
            for name, value in node.items():
                inner = replace(
                    place, path=(*place.path, name), name=(*place.name, name), kind=place.kind.values or PLAIN
                )
                self.node(value, replace(inner, origin=(*place.origin, name)), when)
        elif isinstance(node, list) and any(isinstance(item, dict) for item in node):
            self.list(node, place, when)
        else:
            if isinstance(node, dict):
                hint = did_you_mean(next(iter(node), ""), RANGES)
                self.report(place, f"neither a value nor a range: {shorten(node)} (ranges: {hint})")
                return
            self.add(place, Fixed((node,)), "leaf", when)

    def range(self, node: dict[str, Any], word: str, place: Place) -> None:
        """Read a range: `{int: …}` and the like."""
        for key in node:
            if key not in RANGES[word]:
                self.report(place, f"unknown key {key!r} beside {word} ({did_you_mean(key, RANGES[word])})", key)
        when = self.when(node["when"], place) if "when" in node else ()
        if word == "repeat":
            self.repeat(node, place, when)
        elif word == "cases":
            self.cases(node["cases"], place)
        elif word == "value":
            self.node(node["value"], place, when)
        elif word == "choice" and isinstance(node["choice"], dict):
            self.branches(node["choice"], place, when)
        else:
            try:
                domain = read_range(node, word)
            except ValueError as error:
                self.report(place, str(error), word)
            else:
                self.add(place, domain, "leaf" if place.kind.registry is None else "branch", when)

    def cases(self, node: Any, place: Place) -> None:
        """Read `cases: [{float: …, when: …}, …]`: another range under each of several conditions."""
        if not isinstance(node, list) or not node or any(range_key(item) in (None, "cases") for item in node):
            self.report(
                place,
                "cases takes a list of ranges, each with its `when`, as in [{float: [0.1, 1], when: {loss: bpr}}], "
                f"not {shorten(node)}",
                "cases",
            )
            return
        for index, item in enumerate(node):
            here = replace(place, origin=(*place.origin, "cases", index))
            if "when" in item:
                self.range(item, str(range_key(item)), here)
            else:
                self.report(here, "a case needs its `when`")

    def when(self, node: Any, place: Place) -> tuple[Condition, ...]:
        """Read `when: {name: value or values}`; whether the names mean anything is for later."""
        if not isinstance(node, dict) or not node:
            self.report(place, f"when takes names and values, as in {{loss: [bpr, bce]}}, not {shorten(node)}", "when")
            return ()
        conditions = []
        for name, values in node.items():
            options = values if isinstance(values, list) else [values]
            if not options or any(isinstance(option, dict | list) for option in options):
                self.report(place, f"when {name} takes a value or a list of values, not {shorten(values)}", "when")
            else:
                conditions.append(Condition(name, tuple(options)))
        return tuple(conditions)

    def member(self, node: Any, place: Place, when: tuple[Condition, ...]) -> None:
        """Read `name` or `{name: {parameters}}` of a tagged choice."""
        if isinstance(node, str):
            node = {node: None}
        if not isinstance(node, dict) or len(node) != 1:
            kind = place.kind.registry.kind if place.kind.registry else "choice"
            self.report(
                place,
                f"a {kind} is a name, one `name: {{parameters}}`, or `choice:` with several of them, "
                f"not {shorten(node)}",
            )
            return
        name, parameters = next(iter(node.items()))
        if place.kind.registry is not None and name in place.kind.registry:
            self.add(place, Fixed((name,)), "branch", when)
        self.branch(name, parameters, place, (*place.origin, name), when)

    def branches(self, node: dict[str, Any], place: Place, when: tuple[Condition, ...]) -> None:
        """Read `choice: {name: {parameters}, …}`."""
        if place.kind.registry is None:
            self.report(place, f"holds plain values; write choice: [{', '.join(node)}]", "choice")
            return
        if not node:
            self.report(place, "choice has no branch to choose", "choice")
            return
        known = tuple(name for name in node if name in place.kind.registry)
        if known:
            self.add(place, Categorical(known), "branch", when)
        for name, parameters in node.items():
            self.branch(name, parameters, place, (*place.origin, "choice", name), when)

    def branch(self, name: str, parameters: Any, place: Place, origin: KeyPath, when: tuple[Condition, ...]) -> None:
        """Read the parameters of one member of a tagged choice."""
        registry = place.kind.registry
        inside = (*place.inside, *when, Condition(place.key, (name,)))
        inner = Place((*place.path, name), place.name, origin, PLAIN, None, inside)
        if registry is None or name not in registry:
            kind = registry.kind if registry is not None else "choice"
            self.report(inner, f"unknown {kind} {name!r} ({did_you_mean(name, registry or ())})")
        elif isinstance(parameters, dict) and range_key(parameters) is None:
            self.fields(parameters, registry[name], inner, f" of {name}")
        elif parameters is not None:
            self.report(inner, f"takes a mapping of parameters, {{}} for none, not {shorten(parameters)}")

    def repeat(self, node: dict[str, Any], place: Place, when: tuple[Condition, ...]) -> None:
        """Read `{repeat: {int: [1, 3]}, of: …}`: a list of that length, each element chosen by itself."""
        if "of" not in node:
            self.report(place, "repeat needs `of:`, what each element is")
            return
        count, word = node["repeat"], range_key(node["repeat"])
        try:
            domain = Fixed((count,)) if word is None else read_range(count, word)
        except ValueError as error:
            self.report(place, str(error), "repeat")
            return
        counts: list[Any] = list(domain.values() or [])
        if not counts or not all(type(n) is int and 1 <= n <= MAX_REPEAT for n in counts):
            wanted = f"repeat takes a whole number from 1 to {MAX_REPEAT}, or a range of them, as in {{int: [1, 3]}}"
            self.report(place, f"{wanted}, not {shorten(count)}", "repeat")
            return
        at = replace(place, name=(*place.name, "repeat"), default=None)
        self.add(at, domain if len(counts) > 1 else Fixed((counts[0],)), "list", when)
        for index in range(max(counts)):
            reached = Condition(at.key, tuple(n for n in counts if n > index))
            self.element(node["of"], place, index, (*place.origin, "of"), (*place.inside, *when, reached))

    def list(self, node: list[Any], place: Place, when: tuple[Condition, ...]) -> None:
        """Read a list some of whose elements are ranges or mappings."""
        at = replace(place, name=(*place.name, "repeat"), default=None)
        self.add(at, Fixed((len(node),)), "list", when)
        inside = (*place.inside, *when, Condition(at.key, (len(node),)))
        for index, item in enumerate(node):
            self.element(item, place, index, (*place.origin, index), inside)

    def element(self, node: Any, place: Place, index: int, origin: KeyPath, inside: tuple[Condition, ...]) -> None:
        """Read one element of a list."""
        kind = place.kind.items or PLAIN
        self.node(node, Place((*place.path, index), (*place.name, str(index)), origin, kind, None, inside))

    def add(self, place: Place, domain: Domain, shape: Any, when: tuple[Condition, ...]) -> None:
        """Note a slot."""
        parameter = dotted(place.path)
        if "cases" in place.origin:  # another case of the same path: told apart by what it asks for
            parameter = ".".join([parameter, *("+".join(map(str, condition.values)) for condition in when)])
        self.slots.append(
            Slot(
                place.path, place.key, parameter, domain, shape, place.inside, when, place.default, place.origin,
                place.kind.also,
            )
        )  # fmt: skip


def read_slots(document: Document, skip: tuple[str, ...]) -> Reader:
    """Read a whole space; `skip` are the top-level keys that are no parameters."""
    reader = Reader(document)
    tree = {key: value for key, value in document.tree.items() if key not in skip}
    known = kinds(Trained)
    for key in [key for key in tree if key not in known]:
        reader.problems.append(document.problem((key,), f"unknown key ({did_you_mean(key, (*known, *skip))})"))
        del tree[key]
    reader.fields(tree, Trained, Place((), (), (), Kind(model=Trained)), "")
    return reader
