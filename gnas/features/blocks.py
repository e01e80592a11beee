"""From a feature table to blocks of numbers, one for each encoder, ready for a candidate."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.config.encoders import EncoderSpec
from gnas.config.features import Features
from gnas.data.histories import Histories
from gnas.data.interactions import SIDES, Side
from gnas.features.attributes import PLAIN_TYPES, encode_attributes
from gnas.features.cache import encode_cached
from gnas.features.clean import normalise_text
from gnas.features.encoders.base import Encoder
from gnas.features.neighbours import nearest_rows
from gnas.features.table import FeatureTable

Progress = Callable[[str, int, int], None]
"""Called with what is read, how many of how many values are."""


@dataclass(frozen=True)
class Block:
    """One reading of all users or items.

    Centred by the mean of the rows that occur in train and divided by one number, so that the squares of such a row
    sum to 1 on average: blocks of all kinds and lengths start alike.

    `values` float32 [n, d], zero where missing; `present` bool [n]; `encoder` its kind; `sha256` of its weights;
    `fingerprint` names encoder and inputs; `report` says what cleaning did and how many rows are missing.
    """

    name: str
    encoder: str
    values: np.ndarray
    present: np.ndarray
    fingerprint: str
    sha256: str | None = None
    report: tuple[dict[str, Any], ...] = ()
    _linked: dict[int, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def linked(self, k: int) -> np.ndarray:
        """Each row with the k most like it, int64 [n, 2]; found once."""
        if k not in self._linked:
            neighbour_nk = nearest_rows(self.values, self.present, k)
            row, place = np.nonzero(neighbour_nk >= 0)
            self._linked[k] = np.stack([row, neighbour_nk[row, place]], axis=1)
        return self._linked[k]

    @property
    def dim(self) -> int:
        """Numbers a row."""
        return int(self.values.shape[1])


@dataclass(frozen=True)
class FeatureSet:
    """The blocks of both sides by name, in a fixed order; a side without features has none.

    Links are pairs of users, or of items, int64 [n, 2]; histories are what users took.
    """

    users: dict[str, Block]
    items: dict[str, Block]
    user_links: dict[str, np.ndarray] = field(default_factory=dict)
    item_links: dict[str, np.ndarray] = field(default_factory=dict)
    histories: Histories | None = None
    members: "tuple[FeatureSet | None, ...]" = ()
    """What each member of a blend reads, which itself reads nothing."""

    @property
    def fingerprint(self) -> str:
        """Equal where encoders, weights and inputs are."""
        lines = [f"{side} {block.fingerprint}" for side in SIDES for block in self.blocks(side).values()]
        for side in SIDES:
            lines += [f"{side} links {name} {_digest(pairs.tobytes())}" for name, pairs in self.links(side).items()]
        lines += [f"users history {self.histories.fingerprint}"] if self.histories else []
        lines += [f"member {place} {own.fingerprint}" for place, own in enumerate(self.members) if own is not None]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def linked(self, side: Side, k: int) -> list[tuple[str, np.ndarray]]:
        """Named pairs of one side: those given, then each row with the k most like it by every reading."""
        alike = [(name, block.linked(k)) for name, block in self.blocks(side).items() if k]
        return [*self.links(side).items(), *alike]

    def blocks(self, side: Side) -> dict[str, Block]:
        """What is read of one side."""
        return self.users if side == "users" else self.items

    def links(self, side: Side) -> dict[str, np.ndarray]:
        """The links of one side that came with the data."""
        return self.user_links if side == "users" else self.item_links


@dataclass(frozen=True)
class Wanted:
    """What a block is read from: columns of a table, by their kind; texts, images and sounds through an encoder."""

    kind: str
    columns: tuple[str, ...]
    encoder: EncoderSpec | None = None


def wanted_blocks(table: FeatureTable, spec: Features) -> dict[str, Wanted]:
    """What `spec` reads of the table, by the name of the block.

    Text columns are joined into one text; each image, audio and vector column is a block of its own; categories, tags,
    numbers and times together are one.
    """
    wanted: dict[str, Wanted] = {}
    if spec.attributes and (plain := table.of_type(*PLAIN_TYPES)):
        wanted["attributes"] = Wanted("attributes", tuple(column.name for column in plain))
    for modality, encoder in spec.encoders.items():
        columns = tuple(column.name for column in table.of_type(modality))
        if columns and modality == "text":
            wanted["text"] = Wanted("text", columns, encoder)
        elif columns:
            wanted |= {f"{modality} {name}": Wanted(modality, (name,), encoder) for name in columns}
    for name in table.vectors:
        if spec.vectors == "all" or name in spec.vectors:
            wanted[f"vector {name}"] = Wanted("vector", (name,))
    return wanted


@dataclass(frozen=True)
class _Raw:
    """A reading before it is centred and divided; `content` names what it was made from."""

    encoder: str
    values: np.ndarray
    present: np.ndarray
    content: str
    sha256: str | None = None
    report: tuple[dict[str, Any], ...] = ()


def encode_block(
    table: FeatureTable,
    name: str,
    wanted: Wanted,
    fit: np.ndarray,
    *,
    cache: Path,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Block:
    """Read one of `wanted_blocks`.

    Args:
        table: n users or items.
        name: of the block.
        wanted: what to read, and how.
        fit: bool [n], those that occur in train; everything fitted is fitted on them.
        cache: folder of readings, see `gnas.features.cache`.
        device: where encoders run.
        progress: called while an encoder reads.
    """
    rows = np.packbits(fit).tobytes()
    if spec := wanted.encoder:
        label = f"{table.side} {name} ({spec.kind})"
        told = (lambda done, total: progress(label, done, total)) if progress else None
        texts = values_of(table, wanted.kind, wanted.columns)
        seen = [text for text, used in zip(texts, fit, strict=True) if used and text is not None]
        encoder = spec.build(() if spec.pretrained else seen, device)
        given = [text for text in texts if text is not None]
        readings = encode_cached(encoder, given, cache, told) if spec.pretrained else encoder.encode(given)
        raw = _encoded(name, encoder, texts, readings, rows)
    elif wanted.kind == "vector":
        vectors = table.vectors[wanted.columns[0]]
        raw = _Raw("vector", vectors.values, vectors.present, _digest(vectors.values.tobytes(), rows))
    else:
        attributes = encode_attributes(table, fit)
        known = table.frame.select(pl.any_horizontal(pl.col(wanted.columns).is_not_null())).to_series().to_numpy()
        cells = (repr(table.frame[column].to_list()) for column in wanted.columns)
        content = _digest(*cells, repr(table.clean), rows)
        raw = _Raw("attributes", attributes.values, known, content, None, attributes.report)
    centre, size = scale_of(raw.values, raw.present, fit)
    values = np.where(raw.present[:, None], (raw.values - centre) / size, 0).astype(np.float32)
    fingerprint = f"{name} {raw.encoder} {raw.content}"
    return Block(name, raw.encoder, values, raw.present, fingerprint, raw.sha256, raw.report)


def values_of(table: FeatureTable, modality: str, columns: Sequence[str]) -> list[str | None]:
    """What an encoder reads of each row; None where nothing is known.

    The columns of text are normalised and joined; of images and sounds there is one column, of full paths.
    """
    if modality != "text":
        return [None if name is None else str(table.folder / name) for name in table.frame[columns[0]].to_list()]
    texts = []
    for row in table.frame.select(columns).iter_rows():
        known = [text for value in row if value is not None and (text := normalise_text(value))]
        texts.append(". ".join(dict.fromkeys(known)) if known else None)
    return texts


def _encoded(name: str, encoder: Encoder, values: list[str | None], readings: np.ndarray, fit: bytes) -> _Raw:
    """The readings of what is known, in the rows of all."""
    rows = [at for at, value in enumerate(values) if value is not None]
    matrix = np.zeros((len(values), readings.shape[1]), dtype=np.float32)
    present = np.zeros(len(values), dtype=bool)
    matrix[rows] = readings
    present[rows] = np.isfinite(readings).all(axis=1)
    report = []
    if absent := len(values) - len(rows):
        report.append({"column": name, "step": "missing", "count": absent, "detail": "nothing is known"})
    if broken := len(rows) - int(present.sum()):
        detail = "has no known word" if name == "text" else "the file is missing or broken"
        report.append({"column": name, "step": "unreadable", "count": broken, "detail": detail})
    content = _digest(encoder.identity, *(value or "" for value in values), fit)
    return _Raw(encoder.name, matrix, present, content, encoder.sha256, tuple(report))


def scale_of(values: np.ndarray, present: np.ndarray, fit: np.ndarray) -> tuple[np.ndarray, float]:
    """By what a block's readings [n, d] are centred, float64 [d], and divided: see `Block`."""
    base = (values[present & fit] if (present & fit).any() else values[present]).astype(np.float64)
    if not len(base):
        return np.zeros(values.shape[1]), 1.0
    centre = base.mean(axis=0)
    size = float(np.sqrt(((base - centre) ** 2).sum(axis=1).mean()))
    return centre, size if size > 1e-12 else 1.0


def _digest(*parts: str | bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
        found.update(b"\0")
    return found.hexdigest()[:16]
