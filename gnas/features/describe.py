"""A feature table in words: each column, and what cleaning did to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.config.encoders import EncoderSpec
from gnas.errors import DataError
from gnas.features.attributes import encode_attributes
from gnas.features.blocks import values_of
from gnas.features.cache import cached_count
from gnas.features.columns import Column, split_tags
from gnas.features.table import FeatureTable


@dataclass(frozen=True)
class ColumnSummary:
    """`missing` and `cardinality` count rows and different values; `encoder` and `cache` are empty where none reads."""

    side: str
    column: str
    type: str
    reason: str
    missing: int
    cardinality: int
    examples: tuple[str, ...]
    encoder: str = ""
    cache: str = ""


@dataclass(frozen=True)
class LinkSummary:
    """`pairs` are linked; `linked` counts the users or items that have a link, `share` is theirs among all."""

    side: str
    name: str
    pairs: int
    linked: int
    share: float


def describe_links(table: FeatureTable) -> list[LinkSummary]:
    """One summary a set of links, in the table's order: of a file with types, each type is one."""
    return [
        LinkSummary(table.side, name, len(pairs), len(np.unique(pairs)), len(np.unique(pairs)) / len(table))
        for name, pairs in table.links.items()
    ]


def describe_features(
    table: FeatureTable, encoders: Mapping[str, Sequence[EncoderSpec]] | None = None, cache: Path | None = None
) -> list[ColumnSummary]:
    """One summary a column, in the table's order.

    Args:
        table: the users or the items.
        encoders: by modality, those that may read the columns; to name them.
        cache: with `encoders`, where to count the readings that are kept.
    """
    return [_summary(table, column, encoders or {}, cache) for column in table.columns.values()]


def cleaning_steps(table: FeatureTable, fit: np.ndarray) -> list[dict[str, Any]]:
    """What reading and cleaning did to the columns, one record a step (`side`, `column`, `step`, `count`, `detail`).

    `fit` bool [n] marks the users or items that occur in train, which every statistic comes from.
    """
    steps = [step for step in (*table.report, *encode_attributes(table, fit).report) if step["step"] != "type"]
    return [{"side": table.side, **step} for step in steps if step["count"]]


def _summary(
    table: FeatureTable, column: Column, encoders: Mapping[str, Sequence[EncoderSpec]], cache: Path | None
) -> ColumnSummary:
    if column.type == "vector":
        vectors = table.vectors[column.name]
        missing, cardinality = int((~vectors.present).sum()), int(vectors.present.sum())
        examples: tuple[str, ...] = (f"{vectors.values.shape[1]} numbers",)
    else:
        values = table.frame[column.name]
        if column.type == "tags":
            tags = pl.Series([tag for row in split_tags(values, column.separator) for tag in row], dtype=pl.String)
            missing, known = values.null_count(), tags
        else:
            missing, known = values.null_count(), values.drop_nulls()
        cardinality, examples = known.n_unique(), _examples(known)
    encoder, state = _readers(table, column, encoders.get(column.type, ()), cache)
    return ColumnSummary(
        table.side, column.name, column.type, column.reason, missing, cardinality, examples, encoder, state
    )


def _examples(known: pl.Series) -> tuple[str, ...]:
    """The three most frequent values, the shorter first among equals, cut to 40 letters."""
    if known.dtype != pl.String:
        return tuple(str(value) for value in known.head(3).to_list())
    counts = known.value_counts(sort=False).rename({known.name: "value"})
    best = counts.sort(pl.col("count"), pl.col("value").str.len_chars(), "value", descending=[True, False, False])
    return tuple(value if len(value) <= 40 else value[:39] + "…" for value in best["value"].head(3).to_list())


def _readers(
    table: FeatureTable, column: Column, encoders: Sequence[EncoderSpec], cache: Path | None
) -> tuple[str, str]:
    """Names of the encoders, and of those whose readings are kept, how many are."""
    names = ", ".join(encoder.kind for encoder in encoders)
    kept = [encoder for encoder in encoders if encoder.pretrained]
    if cache is None or not kept:
        return names, ""
    texts = [c.name for c in table.of_type("text")]
    values = values_of(table, column.type, texts if column.type == "text" else [column.name])
    states = []
    for encoder in kept:
        try:
            ready = encoder.build()
        except DataError:
            states.append(f"{encoder.kind} is not installed")
            continue
        done, total = cached_count(ready, [v for v in values if v is not None], cache)
        states.append(f"{encoder.kind} {done:,} of {total:,}")
    return names, ", ".join(states)
