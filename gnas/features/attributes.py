"""Categories, tags, numbers and times of a table as one matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gnas.features.clean import OTHER, clean_numbers, frequent_values
from gnas.features.columns import Column, parse_numbers, parse_times, split_tags
from gnas.features.table import FeatureTable

PLAIN_TYPES = ("category", "tags", "number", "time")


@dataclass(frozen=True)
class Attributes:
    """`values` float32 [n, d]; `names` of its columns; `report` as in `FeatureTable`."""

    values: np.ndarray
    names: tuple[str, ...]
    report: tuple[dict[str, Any], ...]


def encode_attributes(table: FeatureTable, fit: np.ndarray) -> Attributes:
    """One-hot categories, multi-hot tags, scaled numbers and times, each with a column for "missing" where it occurs.

    Columns that are the same in all rows of `fit` say nothing and are dropped. A multi-hot row of k tags has the
    values 1/√k, so that rows with many tags are not longer.

    Args:
        table: the users or items, n rows.
        fit: bool [n], those that occur in train; every statistic and the choice of values come from them.
    """
    blocks: list[np.ndarray] = []
    names: list[str] = []
    report: list[dict[str, Any]] = []
    for column in table.of_type(*PLAIN_TYPES):
        if column.type in ("number", "time"):
            block, labels = _numbers(table, column, fit, report)
        else:
            block, labels = _categories(table, column, fit, report)
        varies = block[fit].std(axis=0) > 1e-9 if fit.any() else np.ones(block.shape[1], dtype=bool)
        if not varies.any():
            report.append(_note(column, "constant", 1, "the same for all that occur in train: dropped"))
        blocks.append(block[:, varies])
        names += [label for label, kept in zip(labels, varies, strict=True) if kept]
    values = np.concatenate(blocks, axis=1) if blocks else np.zeros((len(table), 0))
    return Attributes(values.astype(np.float32), tuple(names), tuple(report))


def _numbers(
    table: FeatureTable, column: Column, fit: np.ndarray, report: list[dict[str, Any]]
) -> tuple[np.ndarray, list[str]]:
    text = table.frame[column.name]
    parsed = parse_numbers(text) if column.type == "number" else parse_times(text, column.date)
    x = parsed.fill_null(float("nan")).to_numpy()
    clean = table.clean
    scale = clean.scales.get(column.name, clean.scale)
    numbers = clean_numbers(x, fit, clean.numbers, clean.outliers, scale)
    if numbers.n_missing:
        unreadable = numbers.n_missing - text.null_count()
        detail = f"set to the {clean.numbers} {numbers.filled_with:.6g}" + (" of the logarithm" * (scale == "log"))
        report.append(_note(column, "missing", numbers.n_missing, detail + f", {unreadable} unreadable among them"))
    if numbers.n_clipped:
        report.append(_note(column, "outliers", numbers.n_clipped, f"clipped ({clean.outliers})"))
    block, labels = numbers.values[:, None], [column.name]
    if 0 < numbers.n_missing < len(x):
        block = np.concatenate([block, np.isnan(x)[:, None]], axis=1)
        labels.append(f"{column.name} missing")
    return block, labels


def _categories(
    table: FeatureTable, column: Column, fit: np.ndarray, report: list[dict[str, Any]]
) -> tuple[np.ndarray, list[str]]:
    text, clean = table.frame[column.name], table.clean
    rows, n_spellings = _same_spelling(split_tags(text, column.separator if column.type == "tags" else None))
    if n_spellings:
        report.append(_note(column, "spelling", n_spellings, "values that differ by case or blanks alone, merged"))
    kept, n_rare = frequent_values(rows, fit, clean.min_count, clean.max_values)
    if n_rare:
        report.append(_note(column, "rare", n_rare, f"values with fewer than {clean.min_count} rows, or past the first"
                            f" {clean.max_values}, taken as one: other"))  # fmt: skip
    n_missing = sum(not row for row in rows)
    labels = [f"{column.name}={value}" for value in kept] + [f"{column.name}: {OTHER}", f"{column.name} missing"]
    place = {value: at for at, value in enumerate(kept)}
    if n_missing and clean.categories == "mode" and kept:
        rows = [row or [kept[0]] for row in rows]
        report.append(_note(column, "missing", n_missing, f"set to the most frequent, {kept[0]!r}"))
    elif n_missing:
        report.append(_note(column, "missing", n_missing, "a category of its own"))
    block = np.zeros((len(rows), len(labels)))
    for at, row in enumerate(rows):
        hot = sorted({place.get(value, len(kept)) for value in row}) or [len(kept) + 1]
        block[at, hot] = len(hot) ** -0.5
    if column.type == "category" and len(kept) == 2 and not n_rare and not n_missing:
        block, labels = block[:, :1], labels[:1]  # of two columns that say the same, one
    return block, labels


def _same_spelling(rows: list[list[str]]) -> tuple[list[list[str]], int]:
    """The rows with values folded to small letters and single blanks, and how many values so fell together."""
    folded = [list(dict.fromkeys(" ".join(value.casefold().split()) for value in row)) for row in rows]
    before, after = ({value for row in part for value in row} for part in (rows, folded))
    return folded, len(before) - len(after)


def _note(column: Column, step: str, count: int, detail: str) -> dict[str, Any]:
    return {"column": column.name, "step": step, "count": int(count), "detail": detail}
