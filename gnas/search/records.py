"""What a search leaves in the run directory for people and other programs to read."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from gnas.config.architecture import Architecture, shown
from gnas.config.yaml import dump_yaml
from gnas.files import append_jsonl, repair_jsonl, write_bytes, write_json, write_text
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.protocols import Epoch

MODEL = "model.safetensors"


def trial_folder(folder: Path, number: int) -> Path:
    """Where everything about a trial stands."""
    return folder / "trials" / f"{number:04d}"


def log(folder: Path, event: str, **facts: object) -> None:
    """Append one line to the run's log."""
    append_jsonl(folder / "log.jsonl", {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts})


def repair_logs(folder: Path) -> list[str]:
    """Cut torn last lines off the run's append-only files; a sentence for each."""
    notes = []
    for path in [folder / "log.jsonl", *sorted(folder.glob("trials/*/epochs.jsonl"))]:
        torn = repair_jsonl(path)
        if torn:
            notes.append(f"{path.relative_to(folder)}: cut {torn} bytes of a half-written last line")
    return notes


def begin_trial(folder: Path, number: int, architecture: Architecture, origin: str) -> Path:
    """Make the trial's folder, with no epochs in it: a half-done trial starts again from its first epoch."""
    place = trial_folder(folder, number)
    place.mkdir(parents=True, exist_ok=True)
    write_text(place / "architecture.yaml", dump_yaml(shown(architecture)))
    write_text(place / "epochs.jsonl", "")
    write_json(place / "status.json", {"number": number, "state": "running", "origin": origin})
    return place


def epochs_recorded(folder: Path, number: int) -> int:
    """Epochs that a trial has trained, as its curve says."""
    path = trial_folder(folder, number) / "epochs.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def confirmed_epochs(folder: Path) -> int:
    """Epochs that confirmation has trained so far."""
    return sum(int(json.loads(path.read_text())["epochs"]) for path in folder.glob("confirm/*/*.json"))


def record_epoch(place: Path, epoch: Epoch, wall_s: float) -> None:
    """Append one epoch to the trial's curve."""
    loss = getattr(epoch, "loss", None)
    append_jsonl(
        place / "epochs.jsonl", {"epoch": epoch.index, "loss": loss, **epoch.metrics, "wall_s": round(wall_s, 3)}
    )


def end_trial(folder: Path, outcome: Outcome) -> None:
    """Write the end of a trial to the log and to its status; the status says that both are done."""
    log(
        folder, "trial", number=outcome.number, state=outcome.state, values=outcome.values,
        epochs=outcome.epochs, wall_s=round(outcome.wall_s, 3), reason=outcome.reason,
    )  # fmt: skip
    fields = ("number", "identity", "state", "origin", "values", "metrics", "best_epoch", "epochs", "wall_s")
    status = {name: getattr(outcome, name) for name in fields}
    status |= {"reason": outcome.reason, "duplicates": outcome.duplicates, "params": outcome.params}
    write_json(trial_folder(folder, outcome.number) / "status.json", status)


def is_ended(folder: Path, number: int) -> bool:
    """Whether the trial's status says that it is over."""
    path = trial_folder(folder, number) / "status.json"
    return path.exists() and json.loads(path.read_text()).get("state", "running") != "running"


def keep_models(folder: Path, numbers: Iterable[int]) -> None:
    """Remove the saved models of all trials but these."""
    kept = {trial_folder(folder, number).name for number in numbers}
    for path in folder.glob(f"trials/*/{MODEL}"):
        if path.parent.name not in kept:
            path.unlink(missing_ok=True)


def write_table(folder: Path, outcomes: Sequence[Outcome], objectives: Objectives) -> None:
    """`trials.parquet` and `trials.csv`: one tidy row a finished trial."""
    frame = table(outcomes, objectives)
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_bytes(folder / "trials.parquet", buffer.getvalue())
    write_bytes(folder / "trials.csv", frame.write_csv().encode())


def table(outcomes: Sequence[Outcome], objectives: Objectives) -> pl.DataFrame:
    """One row a finished trial: what it was, what came out, what it cost; parameters as `param.NAME`."""
    rows = [outcome for outcome in outcomes if outcome.finished]
    metrics = sorted({name for outcome in rows for name in outcome.metrics or {}})
    params = sorted({name for outcome in rows for name in outcome.params})
    columns: dict[str, list[Any]] = {
        name: [getattr(outcome, name) for outcome in rows]
        for name in ("number", "identity", "state", "origin", "best_epoch", "epochs", "wall_s", "reason", "duplicates")
    }
    columns["within_limits"] = [None if outcome.excess is None else outcome.total_excess == 0 for outcome in rows]
    for name in [*objectives.names, *(metric for metric in metrics if metric not in objectives.names)]:
        columns[name] = [_get(outcome.metrics, name) for outcome in rows]
    for name in params:
        columns[f"param.{name}"] = [_get(outcome.params, name) for outcome in rows]
    return pl.DataFrame([_series(name, values) for name, values in columns.items()])


_TEXT = ("identity", "state", "origin", "reason")
_WHOLE = ("number", "best_epoch", "epochs", "duplicates")


def _series(name: str, values: list[Any]) -> pl.Series:
    if name in _TEXT:
        return pl.Series(name, values, dtype=pl.String)
    if name in _WHOLE:
        return pl.Series(name, values, dtype=pl.Int64)
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int}:
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)


def _get(mapping: Mapping[str, Any] | None, name: str) -> Any:
    return None if mapping is None else mapping.get(name)
