"""The record of every look at the test split: the more looks, the less a figure is worth."""

from typing import Any

from gnas.files import write_json
from gnas.run.directory import read_json
from gnas.rundir.layout import RunDirectory


def looks(run: RunDirectory) -> list[dict[str, Any]]:
    """Every look so far, oldest first."""
    return list(read_json(run.test)["looks"]) if run.test.exists() else []


def record_look(run: RunDirectory, record: dict[str, Any]) -> int:
    """Append a look to test.json, and say how many there are now."""
    records = [*looks(run), record]
    write_json(run.test, {"count": len(records), "looks": records})
    return len(records)
