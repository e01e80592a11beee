"""A small cache of things that are found once."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The last `size` things made, by key."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._things: dict[Hashable, T] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of `key`, made if it is not there."""
        if key not in self._things:
            while len(self._things) >= self.size:
                self._things.pop(next(iter(self._things)))
            self._things[key] = make()
        return self._things[key]
