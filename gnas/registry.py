"""Named members of one kind, and the error for an unknown name."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, Generic, TypeVar

from gnas.errors import ConfigError

T = TypeVar("T")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The tail of an error about an unknown word: the nearest known one, and all of them in order."""
    names = sorted(known)
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(names)}"


def resolve(reference: str | Callable[..., Any]) -> Any:
    """The object that `module:name` names, imported on first use; anything else is itself."""
    if not isinstance(reference, str):
        return reference
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def lazily(reference: str) -> Callable[..., Any]:
    """The function `module:name`, imported when it is called first."""
    return lambda *arguments: resolve(reference)(*arguments)


class Registry(Generic[T]):
    """Names of one kind of thing. Iterates in sorted order; an unknown name is a `ConfigError`.

    >>> SHAPES = Registry[int]("shape")
    >>> SHAPES.add("square", 4)
    4
    >>> SHAPES["square"]
    4
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._members: dict[str, T] = {}

    def add(self, name: str, member: T) -> T:
        """Register `member`; a name is never given twice."""
        if name in self._members:
            raise ValueError(f"{self.kind} {name!r} is registered already: {self._members[name]!r}")
        self._members[name] = member
        return member

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator form of `add`."""
        return lambda member: self.add(name, member)

    def __getitem__(self, name: str) -> T:
        if name not in self._members:
            raise ConfigError(f"unknown {self.kind} {name!r} ({did_you_mean(name, self._members)})")
        return self._members[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._members))

    def __len__(self) -> int:
        return len(self._members)

    def items(self) -> list[tuple[str, T]]:
        """Name and member, in order of names."""
        return sorted(self._members.items())
