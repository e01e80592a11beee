"""Changes to a document from outside, as in `train.epochs=5`."""

import copy
from collections.abc import Sequence
from typing import Any

from gnas.config.document import Document, KeyPath, dotted
from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError

Override = str | tuple[str, Any]
"""`key.path=value`, the value read as YAML, or the pair of a key path and a ready value."""


def apply_overrides(document: Document, overrides: Sequence[Override]) -> Document:
    """The document with `overrides` put in, later ones over earlier ones; mappings that are missing are made.

    Raises:
        ConfigError: an override is not `key.path=value`, or its path leads through a value; all of them at once.
    """
    tree = copy.deepcopy(document.tree)
    places = dict(document.places)
    problems: list[str] = []
    for override in overrides:
        try:
            path, value, label = _parse(override)
            tree = _put(tree, path, value, label)
        except ConfigError as error:
            problems += error.problems
            continue
        places = {key: place for key, place in places.items() if key[: len(path)] != path}
        for length in range(1, len(path)):
            places.setdefault(path[:length], label)
        places[path] = label
    if problems:
        raise ConfigError(problems)
    return Document(tree, document.source, places)


def _parse(override: Override) -> tuple[KeyPath, Any, str]:
    if isinstance(override, tuple):
        key, value = override
        return tuple(key.split(".")), value, f"{key}={value}"
    key, equals, text = override.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        raise ConfigError(f"--set {override}: write key.path=value, as in --set train.epochs=5")
    label = f"--set {override}"
    try:
        return path, load_yaml(text, label).tree, label
    except ConfigError as error:
        raise ConfigError([problem.replace(f"{label}:1: ", f"{label}: ", 1) for problem in error.problems]) from None


def _put(tree: Any, path: KeyPath, value: Any, label: str) -> Any:
    """The tree with `value` at `path`; dicts and lists on the way are changed in place."""
    if tree is None:
        tree = {}
    here = tree
    for index, key in enumerate(path):
        last = index == len(path) - 1
        if isinstance(here, list):
            if not str(key).isdecimal() or int(key) >= len(here):
                raise ConfigError(
                    f"{label}: {dotted(path[:index])} is a list of {len(here)}; "
                    f"give a position from 0 to {len(here) - 1}, not {key!r}"
                )
            key = int(key)
        elif not isinstance(here, dict):
            raise ConfigError(f"{label}: {dotted(path[:index]) or 'the file'} is {here!r}, which has no {key!r} in it")
        if last:
            here[key] = value
            break
        inner = here.get(key) if isinstance(here, dict) else here[key]
        if inner is None:
            inner = here[key] = {}
        elif isinstance(inner, str) and inner == path[index + 1]:  # a bare name, as in `loss: softmax`
            inner = here[key] = {inner: {}}
        here = inner
    return tree
