"""Every column of a feature table in a few words, for people."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gnas.config.features import Features
from gnas.features.blocks import paths_of, texts_of
from gnas.features.cache import cached_count
from gnas.features.columns import Column, split_tags
from gnas.features.encoders import build_encoder
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


def describe_features(
    table: FeatureTable, spec: Features | None = None, cache: Path | None = None
) -> list[ColumnSummary]:
    """One summary a column, in the table's order.

    Args:
        table: the users or the items.
        spec: the features of an architecture, to name the encoder of each column.
        cache: with `spec`, where to count the readings that are kept.
    """
    return [_summary(table, column, spec, cache) for column in table.columns.values()]


def _summary(table: FeatureTable, column: Column, spec: Features | None, cache: Path | None) -> ColumnSummary:
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
    encoder, state = _encoder(table, column, spec, cache)
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


def _encoder(table: FeatureTable, column: Column, spec: Features | None, cache: Path | None) -> tuple[str, str]:
    if spec is None or column.type not in spec.encoders:
        return "", ""
    encoder = spec.encoders[column.type]
    if cache is None or not encoder.pretrained:
        return encoder.kind, ""
    texts = [c.name for c in table.of_type("text")]
    values = texts_of(table, texts) if column.type == "text" else paths_of(table, column.name)
    done, total = cached_count(build_encoder(encoder), [v for v in values if v is not None], cache)
    return encoder.kind, f"{done} of {total} read"
