"""Writes the configuration reference: `python -m docs.reference > docs/configuration.md`.

Keys, ranges, defaults and texts come from the models and their docstrings.
"""

import inspect
import json
import re
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture, BlendMember, Written
from gnas.config.base import Choice, ChoiceReader, NameIn
from gnas.config.run import Metric, RunConfig
from gnas.metrics import METRICS
from gnas.registry import Registry
from gnas.units import parse_duration, parse_mib

INTRODUCTION = """\
# Configuration

<!-- Written by `python -m docs.reference > docs/configuration.md` from the docstrings in gnas/config. -->

The keys of a run config (`gnas search CONFIG`) and of an architecture (`gnas train ARCHITECTURE`). Both are YAML. Every
key can also be set on the command line: `--set search.timeout=10m`, `--set data.filter.core=5`. An unknown key or a
value out of range is an error that names the file, the line and what is allowed. [spaces.md](spaces.md) shows how to
write ranges over an architecture.
"""
WORDS: dict[Callable[..., Any], str] = {
    parse_duration: "duration, as in `90`, `30s`, `10m`, `1h30m`",
    parse_mib: "memory, as in `900M`, `4G`; a bare number is MiB",
}
PLAIN: dict[Any, str] = {
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    str: "text",
    Any: "anything",
    Architecture: "an [architecture](#architecture)",
}
METRIC_RULES = get_args(Metric)[1:]


def reference() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Run config\n", *_section(RunConfig)]
    parts += ["## Metrics\n", *_metrics(), "## Architecture\n", *_section(Written), *_blend()]
    for registry in _registries(Written):
        parts += _members(registry)
    parts += ["## Known designs\n", *_anchors()]
    return "\n".join(parts).rstrip() + "\n"


def _section(model: type[BaseModel]) -> Iterator[str]:
    """A model's text and table, then those of the models in its fields."""
    yield f"{_text(model)}\n"
    yield from _table(model.model_fields)
    for inner, paths in _places(model, "").items():
        yield f"### {_listed(f'`{path}`' for path in paths)}\n"
        yield f"{_text(inner)}\n"
        yield from _table(inner.model_fields)


def _places(model: type[BaseModel], prefix: str) -> dict[type[BaseModel], list[str]]:
    """The models below a model, each with all keys at which it can stand."""
    found: dict[type[BaseModel], list[str]] = {}
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            path = f"{prefix}{name}"
            found.setdefault(inner, []).append(path)
            for deeper, paths in _places(inner, f"{path}.").items():
                found.setdefault(deeper, []).extend(paths)
    return found


def _members(registry: Registry[type[Choice]]) -> Iterator[str]:
    """The members of a registry; what several inherit from one class stands once."""
    yield f"## {_heading(registry)}\n"
    members = registry.items()
    shared = {member: _shared(member, [other for _, other in members]) for _, member in members}
    titles = {base: f"{_title(base)} {_heading(registry).lower()}" for base in shared.values() if base}
    for base, title in titles.items():
        yield f"### {title}\n"
        yield f"{_text(base)} Keys of {_listed(f'`{name}`' for name, member in members if shared[member] is base)}:\n"
        yield from _table(base.model_fields)
    for name, member in members:
        above = shared[member]
        yield f"### {registry.kind.capitalize()} `{name}`\n"
        yield f"{_text(member)}\n"
        if above:
            yield f"It takes the keys of [{titles[above].lower()}](#{_anchor(titles[above])}) too.\n"
        known = {key: _rules(field) for key, field in above.model_fields.items()} if above else {}
        yield from _table({key: field for key, field in member.model_fields.items() if _rules(field) != known.get(key)})


def _rules(field: FieldInfo) -> tuple[Any, ...]:
    """What tells a key apart from one of the same name."""
    return field.annotation, field.metadata, field.description, field.get_default(call_default_factory=True)


def _shared(member: type[Choice], members: Sequence[type[Choice]]) -> type[Choice] | None:
    """The nearest class with keys above `member` that another member inherits from too."""
    for base in member.__mro__[1:]:
        if not (isinstance(base, type) and issubclass(base, Choice) and base.model_fields):
            continue
        if base not in members and sum(issubclass(other, base) for other in members) > 1:
            return base
    return None


def _table(fields: dict[str, FieldInfo]) -> Iterator[str]:
    if not fields:
        return
    yield "| key | value | default | |"
    yield "|---|---|---|---|"
    for name, field in fields.items():
        value = _value(field.annotation, field.metadata)
        cells = [f"`{name}`", value, _default(field), _told(field)]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _told(field: FieldInfo) -> str:
    """What a key does: its own text, else the first sentence about the mapping that stands there."""
    texts = [field.description or "", *(_text(model).partition(". ")[0] for model in _models(field.annotation))]
    text = " ".join(next((text for text in texts if text), "").split())
    return text if not text or text.endswith(".") else f"{text}."


def _value(annotation: Any, metadata: Sequence[Any]) -> str:
    """What may stand at a key, in words."""
    for rule in metadata:
        if isinstance(rule, ChoiceReader):
            kind = rule.registry.kind
            return f"{'an' if kind[0] in 'aeiou' else 'a'} [{kind}](#{_anchor(_heading(rule.registry))})"
        if isinstance(rule, NameIn):
            return _listed(f"`{name}`" for name in rule.registry)
        if isinstance(rule, BeforeValidator) and rule.func in WORDS:
            return WORDS[rule.func]
        if rule in METRIC_RULES:
            return "a [metric](#metrics)"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [part for rule in arguments[1:] for part in (rule.metadata if isinstance(rule, FieldInfo) else [rule])]
        return _value(arguments[0], inner)
    if origin in (Union, types.UnionType):
        options = [_value(option, ()) for option in arguments if option is not type(None)]
        return " or ".join(dict.fromkeys(options))
    if origin is Literal:
        return _listed(f"`{option}`" for option in arguments)
    if origin is list:
        return f"list of {_value(arguments[0], ())}"
    if origin is dict:
        return f"mapping of names to {_value(arguments[1], ())}"
    if annotation in PLAIN:
        return f"{PLAIN[annotation]}{_bounds(metadata)}"
    return "mapping"


def _bounds(metadata: Sequence[Any]) -> str:
    """`, 1 to 8`, `, above 0`, `, 0 to below 1`."""
    low = high = ""
    for rule in metadata:
        match rule:
            case Ge(bound):
                low = f"{bound:g}"
            case Gt(bound):
                low = f"above {bound:g}"
            case Le(bound):
                high = f"{bound:g}"
            case Lt(bound):
                high = f"below {bound:g}"
    if low and high:
        return f", {low} to {high}"
    return f", {low or high}{' or more' if low[:1].isdigit() else ''}" if low or high else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Choice):
        value = value.written()
    if value is None or isinstance(value, BaseModel):
        return ""
    text = f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`"


def _metrics() -> Iterator[str]:
    yield "For `search.objective` and `search.limits`. `@20` stands for any cut-off.\n"
    yield "| metric | better | |"
    yield "|---|---|---|"
    for name, metric in METRICS.items():
        better = "more" if metric.direction == "maximize" else "less"
        yield f"| `{name}{'@20' if metric.at_k else ''}` | {better} | {metric.about.replace('|', chr(92) + '|')} |"
    yield ""


def _blend() -> Iterator[str]:
    yield "### `blend`\n"
    yield "A blend of architectures stands in place of all these keys: `blend: [{architecture: …, weight: 2}, …]`.\n"
    yield from _table(BlendMember.model_fields)


def _anchors() -> Iterator[str]:
    yield "Architectures with a name, for `gnas train NAME` and for `anchors` in a space.\n"
    yield f"{_listed(f'`{name}`' for name in ANCHORS)}.\n"


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that can stand at a key as a plain mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, Choice):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _registries(model: type[BaseModel]) -> list[Registry[type[Choice]]]:
    """The registries whose members can stand in a model, in the order of its fields."""
    found: list[Registry[type[Choice]]] = []
    for field in model.model_fields.values():
        found += [rule.registry for rule in field.metadata if isinstance(rule, ChoiceReader)]
        for inner in _models(field.annotation):
            found += _registries(inner)
    for registry in list(found):
        for _, member in registry.items():
            found += _registries(member)
    return list(dict.fromkeys(found))


def _heading(registry: Registry[Any]) -> str:
    kind = registry.kind[0].upper() + registry.kind[1:]
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _title(base: type[Choice]) -> str:
    """`ViewContrast` → `View contrast`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", base.__name__).capitalize()


def _listed(words: Iterator[str]) -> str:
    return ", ".join(words)


def _text(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "")


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


if __name__ == "__main__":
    print(reference(), end="")
