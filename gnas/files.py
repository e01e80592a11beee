"""Writing files so that a crash at any moment leaves them readable."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Write the whole file or nothing: to a temporary name beside it, then renamed."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """As `write_text`, for bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON, whole or not at all. Non-finite numbers become null: JSON has no word for them."""
    write_text(path, json.dumps(finite(value), indent=2, ensure_ascii=False) + "\n")


def append_jsonl(path: Path, record: Mapping[str, object]) -> None:
    """Append one line; one `write` call, so that lines of several processes do not mix."""
    line = json.dumps(finite(record), ensure_ascii=False) + "\n"
    with path.open("ab", buffering=0) as file:
        file.write(line.encode())


def read_jsonl(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The records of a JSON-lines file, and how many bytes at its end are a torn last line (0: none).

    Only the last line can be torn, by a crash while it was written; a bad line before it is an error.
    """
    records: list[dict[str, Any]] = []
    data = path.read_bytes() if path.exists() else b""
    lines = data.split(b"\n")
    tail = lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
    return records, len(tail)


def repair_jsonl(path: Path) -> int:
    """Cut a torn last line off, and say how many bytes went; the records before it stay as they are."""
    _, torn_bytes = read_jsonl(path)
    if torn_bytes:
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - torn_bytes)
    return torn_bytes


def finite(value: object) -> object:
    """The same value with NaN and infinities replaced by None, at any depth."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value
