"""`extends: NAME` in a search space: the other space with this one's differences put in.

Mappings merge key by key, at any depth; everything else is replaced; a key set to null is removed. A range written in
another way (`{int: …}` over `{choice: …}`) replaces the old one, and so does another member of a tagged choice
(`{sage: …}` over `{lightgcn: …}`). A null under a key that the other space lacks stays what it is, as in `none: null`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gnas.config.architecture import Trained
from gnas.config.document import Document, KeyPath
from gnas.config.schema import PLAIN, Kind, kinds
from gnas.config.shipped import find
from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError
from gnas.space.ranges import range_key

MODIFIERS = ("step", "log", "when", "of")


def resolve_extends(document: Document, base: Path | None = None) -> Document:
    """The document without `extends`, everything it extends merged in; `base` is where relative paths start.

    Raises:
        ConfigError: an extended space cannot be read, or a chain of them comes back to itself.
    """
    return _resolve(document, base, ())


def _resolve(document: Document, base: Path | None, chain: tuple[Path, ...]) -> Document:
    if not isinstance(document.tree, dict) or "extends" not in document.tree:
        return document
    name = document.tree["extends"]
    if not isinstance(name, str):
        raise ConfigError(document.problem(("extends",), f"must be the name or path of one space, not {name!r}"))
    try:
        path = find("search_spaces", name, base).resolve()
    except ConfigError as error:
        raise ConfigError(document.problem(("extends",), str(error))) from None
    if path in chain:
        circle = " → ".join(link.name for link in (*chain, path))
        raise ConfigError(document.problem(("extends",), f"the spaces extend one another in a circle: {circle}"))
    parent = _resolve(load_yaml(path), path.parent, (*chain, path))
    if not isinstance(parent.tree, dict):
        raise ConfigError(document.problem(("extends",), f"{path} is not a mapping"))
    own = {key: value for key, value in document.tree.items() if key != "extends"}
    places: dict[KeyPath, str] = {**parent.places, **document.places}
    places.pop(("extends",), None)
    return Document(_merge(parent.tree, own, Kind(model=Trained)), document.source, places)


def _merge(base: Any, change: Any, kind: Kind) -> Any:
    """`base` with `change` put in; neither is altered."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    before, after = range_key(base), range_key(change)
    if after is None and before is not None and change and set(change) <= set(MODIFIERS):
        after = before
    if before != after:
        return change
    if before == "choice":
        return _merge_choice(base, change, kind)
    if before is None and kind.registry is not None and base and change and not base.keys() & change.keys():
        return change
    inner = kind.items if before == "repeat" and kind.items is not None else kind
    return _merge_keys(base, change, lambda key: inner if key == "of" else _below(kind, key))


def _merge_choice(base: dict[str, Any], change: dict[str, Any], kind: Kind) -> dict[str, Any]:
    merged = _merge_keys(base, change, lambda _: PLAIN)
    old, new = base.get("choice"), change.get("choice")
    if isinstance(old, dict) and isinstance(new, dict):
        merged["choice"] = _merge_keys(old, new, lambda key: _below(kind, key))
    return merged


def _merge_keys(base: dict[str, Any], change: dict[str, Any], kind_of: Callable[[str], Kind]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        if value is None and key in base:
            del merged[key]
        elif key in base:
            merged[key] = _merge(base[key], value, kind_of(key))
        else:
            merged[key] = value
    return merged


def _below(kind: Kind, key: str) -> Kind:
    """What may stand under `key`: the parameters of a member, or a field of a model."""
    if kind.registry is not None and key in kind.registry:
        return Kind(model=kind.registry[key])
    if kind.model is not None:
        return kinds(kind.model).get(key, PLAIN)
    return PLAIN
