"""`log.jsonl`: what happened, one event a line."""

import json
from datetime import UTC, datetime

from gnas.files import append_jsonl, cut_torn_line
from gnas.rundir.layout import RunDirectory


def log(run: RunDirectory, event: str, **facts: object) -> None:
    """Append one line to the run's log."""
    append_jsonl(run.log, {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts})


def repair_logs(run: RunDirectory) -> list[str]:
    """Cut torn last lines off the run's append-only files; a sentence for each."""
    notes = []
    for path in [run.log, *sorted(run.path.glob("trials/*/epochs.jsonl"))]:
        torn = cut_torn_line(path)
        if torn:
            notes.append(f"{path.relative_to(run.path)}: cut {torn} bytes of a half-written last line")
    return notes


def end_reason(run: RunDirectory) -> str | None:
    """Why the search ended last, one of `gnas.search.events.END_REASONS`; None where it did not, or is none."""
    reason = None
    for line in run.log.read_bytes().splitlines() if run.log.exists() else []:
        try:
            known = json.loads(line)
        except ValueError:
            continue
        if isinstance(known, dict) and known.get("event") == "end":
            reason = str(known.get("reason"))
    return reason
