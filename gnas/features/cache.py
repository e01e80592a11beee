"""Readings of frozen encoders on disk. A value is read once per encoder, also when a run was killed.

    <root>/<encoder identity>/<name>.safetensors      digest uint8 [m, 16], vectors float32 [m, dim]

The digest is that of the text, or of the file's bytes: other filters, orders and folders find the same readings. Each
chunk is one file, written whole or not at all; at the end of a call its chunks become one file.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from gnas.features.encoders.base import Encoder
from gnas.files import write_bytes

Progress = Callable[[int, int], None]
"""Called with how many of how many values are read."""
CHUNK = 256


def encode_cached(
    encoder: Encoder, values: Sequence[str], root: Path, progress: Progress | None = None, chunk: int = CHUNK
) -> np.ndarray:
    """The readings of `values`: those in the cache from there, the others by the encoder, `chunk` at a time.

    Args:
        encoder: a frozen encoder; its `identity` names the folder.
        values: texts, or paths of files. A file that does not exist is a row of NaN and is not kept.
        root: the cache, see `gnas.data.cache.cache_folder`.
        progress: called before the first chunk and after each.
        chunk: values per file; the most that is lost when the process dies.

    Returns:
        float32 [n, dim], NaN in the rows of files that cannot be read.
    """
    folder = root / encoder.identity
    digests = [_digest(encoder.modality, value) for value in values]
    known = _load(folder, {digest for digest in digests if digest})
    wanted: dict[bytes, str] = {}
    for digest, value in zip(digests, values, strict=True):
        if digest and digest not in known:
            wanted.setdefault(digest, value)
    total = len({digest for digest in digests if digest})
    if progress:
        progress(total - len(wanted), total)
    parts: list[Path] = []
    new = list(wanted.items())
    for start in range(0, len(new), chunk):
        keys = [digest for digest, _ in new[start : start + chunk]]
        vectors = encoder.encode([value for _, value in new[start : start + chunk]])
        parts.append(_save(folder, keys, vectors))
        known.update(zip(keys, vectors, strict=True))
        if progress:
            progress(total - len(new) + start + len(keys), total)
    if len(parts) > 1:
        _save(folder, [digest for digest, _ in new], np.stack([known[digest] for digest, _ in new]))
        for part in parts:
            part.unlink(missing_ok=True)
    dim = len(next(iter(known.values()))) if known else encoder.dim
    missing = np.full(dim, np.nan, dtype=np.float32)
    return np.stack([known[digest] if digest else missing for digest in digests]) if digests else missing[None][:0]


def cached_count(encoder: Encoder, values: Sequence[str], root: Path) -> tuple[int, int]:
    """How many of the different values are in the cache, and how many there are."""
    digests = {digest for value in values if (digest := _digest(encoder.modality, value))}
    return len(_load(root / encoder.identity, digests)), len(digests)


def _digest(modality: str, value: str) -> bytes | None:
    """16 bytes that name the value's content; None for a file that cannot be opened."""
    if modality == "text":
        return hashlib.blake2b(value.encode(), digest_size=16).digest()
    try:
        with Path(value).open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest()
    except OSError:
        return None


def _load(folder: Path, wanted: set[bytes]) -> dict[bytes, np.ndarray]:
    """The readings of the wanted digests that the folder has. A damaged file is dropped and computed again."""
    found: dict[bytes, np.ndarray] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, framework="numpy") as file:
                keys = [row.tobytes() for row in file.get_tensor("digest")]
            if wanted.isdisjoint(keys):
                continue
            vectors = load_file(path)["vectors"]
        except FileNotFoundError:  # another process has just joined it with others
            continue
        except (SafetensorError, KeyError):
            path.unlink(missing_ok=True)
            continue
        found.update((key, row) for key, row in zip(keys, vectors, strict=True) if key in wanted)
    return found


def _save(folder: Path, keys: list[bytes], vectors: np.ndarray) -> Path:
    digest = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), 16)
    path = folder / f"{hashlib.blake2b(digest.tobytes(), digest_size=8).hexdigest()}.safetensors"
    write_bytes(path, save({"digest": digest, "vectors": np.ascontiguousarray(vectors, dtype=np.float32)}))
    return path
