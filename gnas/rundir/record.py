"""A typed record and its JSON file. A damaged or foreign file is one sentence."""

import math
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator, FiniteFloat, TypeAdapter, ValidationError

from gnas.errors import RunError
from gnas.files import write_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Scalar = None | bool | int | float | str
Params = dict[str, Scalar]
"""Parameters by name, as Optuna stores them."""

R = TypeVar("R")


def _without_gaps(value: object) -> object:
    if value is None:
        return {}
    return {name: figure for name, figure in value.items() if figure is not None} if isinstance(value, dict) else value


Metrics = Annotated[dict[str, FiniteFloat], BeforeValidator(_without_gaps)]
"""Figures by name. One that is not a number is written as null, and read as not there."""

Figure = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A figure that has a place even where it is not a number: null in the file."""


def read_record(kind: type[R], path: Path, fix: str) -> R:
    """The record in the JSON file at `path`.

    Args:
        kind: its dataclass.
        path: the file.
        fix: what to do about a damaged file, the end of the sentence.

    Raises:
        RunError: the file cannot be read, is not JSON, or holds something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}; {fix}") from None
    try:
        record: R = _adapter(kind).validate_json(data, strict=True)
        return record
    except ValidationError as error:
        raise RunError(f"{path} is damaged: {_first(error)}; {fix}") from None


def read_if_there(kind: type[R], path: Path, fix: str) -> R | None:
    """As `read_record`; None where there is no such file."""
    return read_record(kind, path, fix) if path.exists() else None


def write_record(path: Path, record: "DataclassInstance") -> None:
    """Write a record as JSON, whole or not at all."""
    write_json(path, asdict(record))


_adapter: Callable[[Any], TypeAdapter[Any]] = lru_cache(TypeAdapter)


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, without what pydantic says of its own workings."""
    detail = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "json_invalid":
        return f"it is not JSON ({detail['msg'].removeprefix('Invalid JSON: ')})"
    if detail["type"] == "missing":
        return f"{place} is missing"
    message = "an object was expected" if detail["type"].startswith("dataclass") else detail["msg"]
    return f"{place}: {message[0].lower()}{message[1:]}" if place else message
