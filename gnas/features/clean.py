"""Cleaning of single columns. Statistics come from the rows `fit` alone: users or items that occur in train."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gnas.config.tables import Scale

OTHER = "other"
"""What rare categories and tags become. Its column stands after those of the values kept, of which none is lost."""
_TAG = re.compile(r"<[^<>]{1,200}>")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Numbers:
    """A cleaned column of numbers: `values` float64 [n] without gaps, and what was done."""

    values: np.ndarray
    n_missing: int
    filled_with: float
    n_clipped: int


def clean_numbers(
    x: np.ndarray,
    fit: np.ndarray,
    missing: Literal["mean", "median", "mode"] = "median",
    outliers: Literal["none", "iqr", "quantile"] = "iqr",
    scale: Scale = "standard",
) -> Numbers:
    """Take the logarithm if asked for, clip, fill the gaps, scale.

    Args:
        x: float [n], NaN where missing.
        fit: bool [n], the rows that statistics come from; all rows where none of them has a value.
        missing: statistic of the known values that fills the gaps.
        outliers: `iqr` clips to [q1 − 3·iqr, q3 + 3·iqr] unless iqr is 0, `quantile` to the quantiles 0.01 and 0.99.
        scale: see `gnas.config.tables.CleanConfig`. A column without spread becomes zero.
    """
    known = np.isfinite(x)
    x = np.where(known, x, np.nan)
    if scale == "log":
        x = np.sign(x) * np.log1p(np.abs(x))
    base = x[fit & known] if (fit & known).any() else x[known]
    if not len(base):
        return Numbers(np.zeros(len(x)), len(x), 0.0, 0)
    low, high = _bounds(base, outliers)
    clipped = int(((x < low) | (x > high)).sum())
    x, base = np.clip(x, low, high), np.clip(base, low, high)
    fill = _statistic(base, missing)
    x = np.where(known, x, fill)
    centre, spread = _centre_and_spread(base, scale)
    values = (x - centre) / spread if spread > 0 else np.zeros(len(x))
    return Numbers(values, int((~known).sum()), fill, clipped)


def frequent_values(
    values: Sequence[Sequence[str]], fit: np.ndarray, min_count: int, max_values: int
) -> tuple[list[str], int]:
    """The values that occur at least `min_count` times in rows of `fit`, the most frequent first, ties by name.

    Returns:
        At most `max_values` of them, and how many others the column has.
    """
    counts = Counter(value for row, used in zip(values, fit, strict=True) if used for value in row)
    frequent = sorted((v for v, n in counts.items() if n >= min_count), key=lambda v: (-counts[v], v))[:max_values]
    return frequent, len({value for row in values for value in row} - set(frequent))


def normalise_text(text: str) -> str:
    """NFKC, HTML tags and entities resolved, control characters and runs of blanks as one blank."""
    text = unicodedata.normalize("NFKC", html.unescape(_TAG.sub(" ", text)))
    text = "".join(" " if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in text)
    return _BLANKS.sub(" ", text).strip()


def _bounds(base: np.ndarray, outliers: str) -> tuple[float, float]:
    if outliers == "quantile":
        low, high = np.quantile(base, [0.01, 0.99])
        return float(low), float(high)
    if outliers == "iqr":
        q1, q3 = np.quantile(base, [0.25, 0.75])
        if q3 > q1:
            return float(q1 - 3 * (q3 - q1)), float(q3 + 3 * (q3 - q1))
    return -np.inf, np.inf


def _statistic(base: np.ndarray, name: str) -> float:
    if name == "mean":
        return float(base.mean())
    if name == "median":
        return float(np.median(base))
    values, counts = np.unique(base, return_counts=True)
    return float(values[counts.argmax()])


def _centre_and_spread(base: np.ndarray, scale: Scale) -> tuple[float, float]:
    if scale == "none":
        return 0.0, 1.0
    if scale == "minmax":
        return float(base.min()), float(base.max() - base.min())
    if scale == "robust":
        q1, q3 = np.quantile(base, [0.25, 0.75])
        spread = float(q3 - q1)
        return float(np.median(base)), spread if spread > 0 else float(base.std())
    return float(base.mean()), float(base.std())
