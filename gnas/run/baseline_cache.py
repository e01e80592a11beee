"""Tuned baselines, kept across runs: equal data and an equal question have an equal answer."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gnas
from gnas.baselines import BASELINES, baselines_for
from gnas.data.cache import cache_folder
from gnas.errors import RunError
from gnas.files import write_json
from gnas.run.directory import read_json


def cache_path(key: dict[str, Any]) -> Path:
    """The file for everything that the answer depends on: `key`, this version of gnas, the grids."""
    grids = {name: list(BASELINES[name].grid) for name in baselines_for(key["objective"])}
    text = json.dumps([key, gnas.__version__, grids], sort_keys=True, default=str)
    return cache_folder() / "baselines" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def cached(path: Path, budget_s: float) -> dict[str, Any] | None:
    """What an earlier run found, if it tried every setting or had as much time; None if nothing of use is there."""
    try:
        known = read_json(path)
    except RunError:
        return None
    return known if known.get("complete") or known.get("budget_s", 0.0) >= budget_s else None


def is_complete(records: Sequence[dict[str, Any]]) -> bool:
    """Whether no setting was left out for want of time."""
    return all(len(record["attempts"]) == len(BASELINES[record["name"]].grid) for record in records)


def keep(path: Path, record: dict[str, Any]) -> str | None:
    """Write the file; a sentence if that failed, for a cache that cannot be written is no reason to end a search."""
    try:
        write_json(path, record)
    except OSError as error:
        return f"the tuned baselines cannot be kept in {path.parent} ({error.strerror}); later runs tune them again"
    return None
