"""The anchors and constraints of a space: the two of its keys that are not parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture, Trained
from gnas.config.document import Document
from gnas.config.problems import problems_of, shorten
from gnas.errors import ConfigError
from gnas.metrics import parse_metric
from gnas.space.slots import Slot, fill


@dataclass(frozen=True)
class Constraint:
    """A bound that a candidate's `metric` must keep; None: no bound on that side."""

    metric: str
    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` keeps it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def read_anchors(document: Document, slots: Sequence[Slot]) -> tuple[dict[str, Architecture], list[str]]:
    """The anchors by name, and what is wrong with them.

    An anchor is a well-known design by name, or a partial architecture, with a `name` of its own if it likes. What it
    leaves out is what the space fixes, else the default.
    """
    written = document.tree.get("anchors")
    if written is None:
        return {}, []
    if not isinstance(written, list):
        sentence = f"must be a list of names ({', '.join(ANCHORS)}) or of architectures, not {shorten(written)}"
        return {}, [document.problem(("anchors",), sentence)]
    found: dict[str, Architecture] = {}
    problems: list[str] = []
    constant = _constant_fields(slots)
    for index, anchor in enumerate(written):
        place = ("anchors", index)
        if isinstance(anchor, dict):
            tree = dict(anchor)
            name = str(tree.pop("name", f"anchor-{index + 1}"))
        else:
            try:
                known = ANCHORS[str(anchor)]
            except ConfigError as error:
                problems.append(document.problem(place, str(error)))
                continue
            name = str(anchor)
            tree = {key: value for key, value in known.written().items() if key in known.model_fields_set}
        if name in found:
            problems.append(document.problem(place, f"{name!r} is listed twice; keep one"))
            continue
        merged = {**constant, **tree}
        try:
            found[name] = Architecture.model_validate(merged)
        except ValidationError as error:
            problems += [
                document.problem((*place, *problem.path), problem.sentence)
                for problem in problems_of(error, Trained, merged)
            ]
    return found, problems


def read_constraints(document: Document) -> tuple[tuple[Constraint, ...], list[str]]:
    """The constraints, and what is wrong with them."""
    written = document.tree.get("constraints")
    if written is None:
        return (), []
    if not isinstance(written, list):
        sentence = f"must be a list, as in [{{parameters: {{max: 5_000_000}}}}], not {shorten(written)}"
        return (), [document.problem(("constraints",), sentence)]
    found: list[Constraint] = []
    problems: list[str] = []
    for index, item in enumerate(written):
        for metric, bounds in item.items() if isinstance(item, dict) else [(item, None)]:
            try:
                found.append(_constraint(metric, bounds))
            except (ValueError, ConfigError) as error:
                problems.append(document.problem(("constraints", index), str(error)))
    return tuple(found), problems


def _constraint(metric: object, bounds: object) -> Constraint:
    if (
        not isinstance(metric, str)
        or not isinstance(bounds, Mapping)
        or not bounds
        or not set(bounds) <= {"min", "max"}
    ):
        raise ValueError(
            f"a constraint is a metric with min, max or both, as in {{latency_ms: {{max: 5}}}}, not {metric}"
        )
    parse_metric(metric)
    numbers: dict[str, Any] = {}
    for word, bound in bounds.items():
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise ValueError(f"{word} of {metric} must be a number, not {shorten(bound)}")
        numbers[word] = float(bound)
    low, high = numbers.get("min"), numbers.get("max")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{metric}: min {low:g} is above max {high:g}")
    return Constraint(metric, low, high)


def _constant_fields(slots: Sequence[Slot]) -> dict[str, Any]:
    """The top-level fields that are the same in every candidate, as the space writes them."""
    varying = {slot.path[0] for slot in slots if slot.when or slot.searched}
    return fill([slot for slot in slots if slot.path[0] not in varying], lambda _: None).tree
