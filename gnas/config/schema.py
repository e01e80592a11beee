"""What each key of a model may hold: a tagged choice, a mapping, a list, a plain value."""

import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from gnas.config.base import AlsoWritten, Choice, ChoiceReader
from gnas.registry import Registry


@dataclass(frozen=True)
class Kind:
    """At most one of: members of `registry`; a mapping with the fields of `model`; a list of `items`.

    `free`: a mapping of any names to `values`. `also`: gives other ways to write a value.
    """

    registry: Registry[type[Choice]] | None = None
    model: type[BaseModel] | None = None
    items: "Kind | None" = None
    free: bool = False
    values: "Kind | None" = None
    also: Callable[[Any], list[Any]] | None = None


PLAIN = Kind()


@cache
def kinds(model: type[BaseModel]) -> dict[str, Kind]:
    """The fields of a model and what each may hold."""
    found = {}
    fields = model.model_fields
    for form in () if fields else getattr(model, "forms", ()):
        fields = {**fields, **form.model_fields}
    for name, field in fields.items():
        also = next((item.ways for item in field.metadata if isinstance(item, AlsoWritten)), None)
        found[name] = replace(_kind(field.annotation, field.metadata), also=also)
    return found


def default_of(model: type[BaseModel], name: str) -> Any:
    """The default of a field as YAML has it: the name for a tagged choice; None where the field must be given."""
    field = model.model_fields[name]
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Choice):
        return value.kind
    return None if isinstance(value, BaseModel) else value


def _kind(annotation: Any, metadata: Sequence[Any]) -> Kind:
    for item in metadata:
        if isinstance(item, ChoiceReader):
            return Kind(registry=item.registry)
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *rest = get_args(annotation)
        return _kind(inner, rest)
    if origin in (Union, types.UnionType):
        options = [_kind(option, ()) for option in get_args(annotation)]
        return next((option for option in options if option != PLAIN), PLAIN)
    if origin is dict:
        return Kind(free=True, values=_kind(get_args(annotation)[1], ()))
    if origin is list:
        return Kind(items=_kind(typing.get_args(annotation)[0], ()))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Kind(model=annotation)
    return PLAIN
