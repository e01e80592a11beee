"""Problems that pydantic found, as sentences: what is wrong, the value, what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gnas.config.document import Document, KeyPath
from gnas.config.schema import kinds
from gnas.errors import ConfigError
from gnas.registry import did_you_mean

Model = TypeVar("Model", bound=BaseModel)

_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
    "multiple_of": ("a multiple of", "multiple_of"),
}
_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
}


@dataclass(frozen=True)
class Problem:
    """One thing to fix. `rule`: the values are right one by one, but not together."""

    path: KeyPath
    sentence: str
    rule: bool = False


def read_model(model: type[Model], document: Document) -> Model:
    """The model that a document writes.

    Raises:
        ConfigError: every problem, each as `file:line: key.path: sentence`.
    """
    if not isinstance(document.tree, dict):
        what = "is empty" if document.tree is None else f"holds {shorten(document.tree)}"
        raise ConfigError(f"{document.source}: it {what}; write a mapping with the keys {', '.join(kinds(model))}")
    try:
        return model.model_validate(document.tree)
    except ValidationError as error:
        problems = problems_of(error, model, document.tree)
        raise ConfigError([document.problem(problem.path, problem.sentence) for problem in problems]) from None


def problems_of(error: ValidationError, model: type[BaseModel], tree: Any) -> list[Problem]:
    """Every problem of a validation of `tree`, in the order of the file's keys where one knows it."""
    grouped: dict[KeyPath, list[tuple[Mapping[str, Any], type[BaseModel]]]] = {}
    for detail, owner in _unfold(error.errors(include_url=False), model, ()):
        grouped.setdefault(_path(detail, tree), []).append((detail, owner))
    order = {path: index for index, path in enumerate(_paths(tree, ()))}
    found = [problem for path, group in grouped.items() for problem in _problems(path, group)]
    found = [problem for problem in found if problem.rule or not _goes_deeper(problem.path, grouped)]
    return sorted(found, key=lambda problem: order.get(problem.path, order.get(problem.path[:-1], 0)))


def shorten(value: object) -> str:
    """A value for a sentence, as YAML has it where that is short."""
    text = {True: "true", False: "false", None: "nothing"}.get(value) if isinstance(value, bool | None) else repr(value)
    text = str(text)
    return text if len(text) <= 60 else f"{text[:57]}…"


def one_of(options: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    words = list(dict.fromkeys(options))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _unfold(
    details: Sequence[Mapping[str, Any]], model: type[BaseModel], prefix: tuple[str | int, ...]
) -> Iterator[tuple[Mapping[str, Any], type[BaseModel]]]:
    """Each plain error with its full place and the model whose fields it concerns."""
    for detail in details:
        place = (*prefix, *detail["loc"])
        if detail["type"] == "nested":
            yield from _unfold(detail["ctx"]["errors"], detail["ctx"]["member"], place)
        else:
            yield {**detail, "loc": place}, _owner(model, detail["loc"])


def _paths(tree: Any, path: KeyPath) -> Iterator[KeyPath]:
    """All paths of a tree, in the order of its keys."""
    yield path
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from _paths(value, (*path, key))


def _goes_deeper(path: KeyPath, others: Iterable[KeyPath]) -> bool:
    """Whether another problem lies inside the value at `path`: then the right union member was meant there."""
    return any(len(other) > len(path) > 0 and other[: len(path)] == path for other in others)


def _owner(model: type[BaseModel], place: Sequence[str | int]) -> type[BaseModel]:
    named: type[BaseModel] | None = None  # what stands under any name, where one comes next
    for key in place[:-1]:
        inner = None if named else kinds(model).get(str(key))
        if named:
            model, named = named, None
        elif inner is not None and inner.values is not None:
            named = inner.values.model
        elif inner is not None and inner.model is not None:
            model = inner.model
    return model


def _path(detail: Mapping[str, Any], tree: Any) -> KeyPath:
    """The place without pydantic's names of union members: the keys that the tree has, and one that it lacks."""
    path: list[str | int] = []
    here = tree
    for key in detail["loc"]:
        if (isinstance(here, dict) and key in here) or (isinstance(here, list) and isinstance(key, int)):
            here = here[key]
        elif here == key:  # a bare name stands for `name: {}`
            here = {}
        else:
            continue
        path.append(key)
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)


def _problems(path: KeyPath, group: Sequence[tuple[Mapping[str, Any], type[BaseModel]]]) -> Iterator[Problem]:
    """What the alternatives of a union expect, in one sentence; or what a rule of one of them says."""
    told = [(detail, owner) for detail, owner in group if _expected(detail) is None]
    if told:
        for detail, owner in told:
            yield Problem(path, _sentence(detail, owner), detail["type"] == "value_error")
        return
    value = group[0][0]["input"]
    expected = one_of(str(_expected(detail)) for detail, _ in group)
    yield Problem(path, f"must be {expected}, not {shorten(value)}{_hint(value, group)}")


def _expected(detail: Mapping[str, Any]) -> str | None:
    """What the value must be, where the problem is of that form."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _TYPES:
        return _TYPES[kind]
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {context[key]:g}" if isinstance(context[key], float) else f"{words} {context[key]}"
    if kind in ("model_type", "model_attributes_type"):
        return "a mapping of keys and values"
    if kind == "literal_error":
        return one_of(_literals(detail))
    if kind == "too_short":
        return f"a list of at least {context['min_length']}"
    if kind == "too_long":
        return f"a list of at most {context['max_length']}"
    return None


def _literals(detail: Mapping[str, Any]) -> list[str]:
    return str(detail["ctx"]["expected"]).replace(" or ", ", ").replace("'", "").split(", ")


def _hint(value: Any, members: Sequence[tuple[Mapping[str, Any], Any]]) -> str:
    if isinstance(value, float) and value.is_integer() and any(d["type"] == "int_type" for d, _ in members):
        return f"; write {int(value)}"
    options = [word for detail, _ in members if detail["type"] == "literal_error" for word in _literals(detail)]
    near = did_you_mean(value, options) if isinstance(value, str) else ""
    return f" ({near[: near.index('?') + 1]})" if near.startswith("did you mean") else ""


def _sentence(detail: Mapping[str, Any], owner: type[BaseModel]) -> str:
    kind, value = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        return f"unknown key ({did_you_mean(str(detail['loc'][-1]), kinds(owner))})"
    if kind == "missing":
        return "missing; it has no default"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "choice":
        return str(detail["msg"])
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}, not {shorten(value)}"
