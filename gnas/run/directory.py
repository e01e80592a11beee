"""Untyped reading and writing of a run's files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.files import write_text


def read_json(path: Path) -> dict[str, Any]:
    """One of the run's JSON files.

    Raises:
        RunError: missing or damaged.
    """
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from None
    if not isinstance(value, dict):
        raise RunError(f"{path} is damaged: an object was expected")
    return value


def write_yaml(path: Path, tree: Mapping[str, Any]) -> None:
    """Write a tree as YAML, keys in the given order."""
    write_text(path, dump_yaml(dict(tree)))
