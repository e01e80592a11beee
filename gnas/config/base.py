"""The base of all that users write: strict models, tagged choices `{name: {parameters}}`, and plain names."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from gnas.config.words import told
from gnas.errors import ConfigError
from gnas.registry import Registry, resolve


class Strict(BaseModel):
    """Frozen; unknown keys are errors; numbers are not guessed from text; infinities are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Choice(Strict):
    """One member of a registry, written in YAML as `name` or `{name: {parameter: value}}`.

    It knows its job: what builds it, which of its parameters matter, and how it is called in a table.
    """

    kind: ClassVar[str]
    builder: ClassVar[str | Callable[..., Any]]
    """What makes the real thing, called with the choice first: an object, or `module:name`, imported when used."""
    signs: ClassVar[dict[str, str]] = {}
    """Parameters with a short sign in words: `τ` for a temperature gives `τ0.1`; the empty sign the bare value."""
    always: ClassVar[tuple[str, ...]] = ()
    """Parameters that words name even where they have their default."""

    def build(self, *args: Any, **kwargs: Any) -> Any:
        """What `builder` makes of this choice; each kind of choice says what it is called with and gives."""
        return resolve(type(self).builder)(self, *args, **kwargs)

    def written(self) -> str | dict[str, Any]:
        """The YAML form, shortest first: the bare name where every parameter has its default."""
        parameters = self.model_dump(mode="python", exclude_defaults=True)
        return {self.kind: parameters} if parameters else self.kind

    def written_in_full(self) -> dict[str, Any]:
        """The YAML form with every parameter."""
        return {self.kind: self.model_dump(mode="python")}

    def canonical(self) -> dict[str, Any]:
        """The YAML form without parameters that cannot matter: equal for choices that mean the same."""
        nested = {name: value.canonical() for name, value in self if isinstance(value, Choice)}
        return {self.kind: self.mattering(self.alike({**self.model_dump(mode="python"), **nested}))}

    @classmethod
    def alike(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """The parameters with values that mean the same written the same."""
        return parameters

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The parameters without those that cannot matter beside the others."""
        return parameters

    def words(self) -> str:
        """The choice in a few words: its name and what differs from the defaults, `softmax τ0.1 k64`."""
        return " ".join([self.kind, *self.details()])

    def details(self, without: Collection[str] = ()) -> list[str]:
        """A word for each parameter that matters and differs from its default, but for those told otherwise."""
        parameters = next(iter(self.canonical().values()))
        default = self.alike(
            {name: field.get_default(call_default_factory=True) for name, field in type(self).model_fields.items()}
        )
        return [
            self._detail(name, value)
            for name, value in parameters.items()
            if name not in without and (name in self.always or not _same(value, default.get(name)))
        ]

    def _detail(self, name: str, value: Any) -> str:
        given = getattr(self, name)
        if isinstance(given, Choice):
            return given.words()
        sign = self.signs.get(name)
        return told(name, value) if sign is None else f"{sign}{told('', value)}"


def _same(value: Any, default: Any) -> bool:
    return bool((default.canonical() if isinstance(default, Choice) else default) == value)


Member = TypeVar("Member", bound=type[Choice])


def register(registry: Registry[Any]) -> Callable[[Member], Member]:
    """Class decorator: make a choice known to `registry` under its `kind`."""
    return lambda cls: registry.add(cls.kind, cls)


@dataclass(frozen=True)
class AlsoWritten:
    """Annotation of a field: other ways to write a value of it, for whoever looks a value up."""

    ways: Callable[[Any], list[Any]]


@dataclass(frozen=True)
class ChoiceReader:
    """Annotation of a field: `name` or `{name: {…}}` becomes the `Choice` that `registry` knows.

    Errors inside the parameters are passed on with their place, in the context of a `nested` error, which
    `gnas.config.problems` unfolds into sentences.
    """

    registry: Registry[Any]
    written: Callable[[Any], Any] = Choice.written_in_full

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read before pydantic checks the class; dump with every parameter."""
        written = core_schema.plain_serializer_function_ser_schema(self.written)
        return core_schema.no_info_before_validator_function(self.read, handler(source), serialization=written)

    def read(self, value: object) -> object:
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


@dataclass(frozen=True)
class NameIn:
    """Annotation of a field that holds the name of a member of `registry`."""

    registry: Registry[Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Text that the registry knows."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def check(self, name: str) -> str:
        """The name itself, if there is such a member."""
        if name in self.registry:
            return name
        *others, last = (repr(known) for known in self.registry)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})
