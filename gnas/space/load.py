"""Reads search spaces: by shipped name, by path, or from a run configuration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gnas.config.document import Document
from gnas.config.load import LoadedConfig
from gnas.config.overrides import Override, apply_overrides
from gnas.config.shipped import find
from gnas.config.yaml import load_yaml
from gnas.plugins import load_plugins
from gnas.space.extends import resolve_extends
from gnas.space.search_space import SearchSpace, parse_space


def load_space(
    space: str | Mapping[str, Any] | Document, base: Path | None = None, overrides: Sequence[Override] = ()
) -> SearchSpace:
    """Read a search space: a shipped name, a path, or the tree itself; `base` is where relative paths start.

    Raises:
        ConfigError: every problem at once, each with its file and line.
    """
    load_plugins()
    if isinstance(space, Document):
        document = space
    elif isinstance(space, str):
        path = find("search_spaces", space, base)
        document, base = load_yaml(path), path.resolve().parent
    else:
        document = Document(dict(space), "space")
    document = resolve_extends(document, base)
    return parse_space(apply_overrides(document, overrides))


def space_of(loaded: LoadedConfig) -> SearchSpace:
    """The search space that a run configuration names or contains."""
    if isinstance(loaded.config.space, str):
        return load_space(loaded.config.space, loaded.base)
    return load_space(loaded.document.at("space"), loaded.base)
