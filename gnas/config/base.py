"""The base of everything that users write, and the tagged choice `{name: {parameters}}`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from gnas.errors import ConfigError
from gnas.registry import Registry


class Strict(BaseModel):
    """Frozen; unknown keys are errors; numbers are not guessed from text; infinities are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Choice(Strict):
    """One member of a registry, written in YAML as `name` or `{name: {parameter: value}}`."""

    kind: ClassVar[str]

    def written(self) -> str | dict[str, Any]:
        """The YAML form, shortest first: the bare name where every parameter has its default."""
        parameters = self.model_dump(mode="python", exclude_defaults=True)
        return {self.kind: parameters} if parameters else self.kind

    def written_in_full(self) -> dict[str, Any]:
        """The YAML form with every parameter."""
        return {self.kind: self.model_dump(mode="python")}


@dataclass(frozen=True)
class AlsoWritten:
    """Annotation of a field: other ways to write a value of it, for whoever looks a value up."""

    ways: Callable[[Any], list[Any]]


@dataclass(frozen=True)
class ChoiceReader:
    """A pydantic before-validator that turns `name` or `{name: {…}}` into the `Choice` that `registry` knows.

    Errors inside the parameters are passed on with their place, in the context of a `nested` error, which
    `gnas.config.problems` unfolds into sentences.
    """

    registry: Registry[Any]

    def __call__(self, value: object) -> object:
        """The choice that `value` writes."""
        if isinstance(value, Choice):
            return value
        if isinstance(value, str):
            name = value
            parameters: object = {}
        elif isinstance(value, dict) and len(value) == 1:
            name, parameters = next(iter(value.items()))
            parameters = {} if parameters is None else parameters
        else:
            sentence = f"{self.registry.kind} is a name or one `name: {{parameters}}`, not {value!r}"
            raise PydanticCustomError("choice", "{sentence}", {"sentence": sentence})
        try:
            member = self.registry[name]
        except ConfigError as error:
            raise PydanticCustomError("choice", "{sentence}", {"sentence": str(error)}) from None
        try:
            return member.model_validate(parameters)
        except ValidationError as error:
            inner = [{**problem, "loc": (name, *problem["loc"])} for problem in error.errors(include_url=False)]
            context = {"count": len(inner), "errors": inner, "member": member}
            raise PydanticCustomError("nested", "{count} problem(s)", context) from None


def choice_reader(registry: Registry[Any]) -> ChoiceReader:
    """The reader of the choices in `registry`."""
    return ChoiceReader(registry)
