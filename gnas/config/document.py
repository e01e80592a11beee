"""A file that a user wrote: plain values, and the line of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top: `("propagation", "lightgcn", "depth")`."""


@dataclass(frozen=True)
class Document:
    """A tree of plain dicts, lists and scalars, and the place of each value in it.

    `source` names the whole (a file); `places` maps key paths to `file:line`, or to the override that set the value.
    """

    tree: Any
    source: str
    places: Mapping[KeyPath, str] = field(default_factory=dict)

    def where(self, path: KeyPath) -> str:
        """The place of the value at `path`, or of the nearest thing around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return self.source

    def at(self, *path: str | int) -> "Document":
        """The part below `path` as a document of its own."""
        tree = self.tree
        for key in path:
            tree = tree[key]
        n = len(path)
        return Document(tree, self.source, {key[n:]: place for key, place in self.places.items() if key[:n] == path})

    def problem(self, path: KeyPath, sentence: str, shown: KeyPath | None = None) -> str:
        """`place: key.path: sentence`; `shown` where the key path is better told otherwise."""
        keys = dotted(path if shown is None else shown)
        return f"{self.where(path)}: {keys}: {sentence}" if keys else f"{self.where(path)}: {sentence}"


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `propagation.lightgcn.depth`."""
    return ".".join(str(key) for key in path)
