"""Writes files so that a crash at any moment leaves them readable."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path


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


def cut_torn_line(path: Path) -> int:
    """Cut off a last line that a crash left half-written, and say how many bytes went; the lines before it stay."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        if file.read(1) in (b"", b"\n"):
            return 0
        file.seek(0)
        kept = file.read().rfind(b"\n") + 1
        file.truncate(kept)
    return size - kept


def finite(value: object) -> object:
    """The same value with NaN and infinities replaced by None, at any depth."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value
