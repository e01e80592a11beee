"""The names of everything that can be measured or aimed at, and which way is better.

The formulas stand in `gnas/train/metrics.py`.
"""

import re
from dataclasses import dataclass
from typing import Literal

from gnas.errors import ConfigError
from gnas.registry import Registry

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class MetricKind:
    """`at_k`: written with a cut-off (`ndcg@20`); `cost`: measured on the candidate, not on its ranking."""

    direction: Direction
    at_k: bool
    cost: bool = False


METRICS: Registry[MetricKind] = Registry("metric")
for _name in ("recall", "ndcg", "precision", "map", "mrr", "hit", "coverage", "novelty", "diversity"):
    METRICS.add(_name, MetricKind("maximize", at_k=True))
for _name in ("gini", "popularity"):
    METRICS.add(_name, MetricKind("minimize", at_k=True))
METRICS.add("auc", MetricKind("maximize", at_k=False))
for _name in ("rmse", "mae"):
    METRICS.add(_name, MetricKind("minimize", at_k=False))
for _name in ("parameters", "peak_mib", "train_s", "latency_ms"):
    METRICS.add(_name, MetricKind("minimize", at_k=False, cost=True))


def parse_metric(name: str) -> tuple[str, int | None]:
    """`ndcg@20` → (`ndcg`, 20); `rmse` → (`rmse`, None).

    Raises:
        ConfigError: unknown metric, or a cut-off missing or out of place.
    """
    stem, at, cutoff = name.partition("@")
    kind = METRICS[stem]
    if kind.at_k != bool(at):
        wanted = f"{stem}@20" if kind.at_k else stem
        raise ConfigError(f"metric {name!r}: write it {'with a cut-off, as' if kind.at_k else 'as'} {wanted}")
    if at and not re.fullmatch(r"[1-9]\d*", cutoff):
        raise ConfigError(f"metric {name!r}: the cut-off must be a positive whole number, as in {stem}@20")
    return stem, int(cutoff) if at else None


def direction(name: str) -> Direction:
    """Which way `name` is better."""
    return METRICS[parse_metric(name)[0]].direction


def is_rating_metric(name: str) -> bool:
    """Whether `name` asks for rating prediction rather than ranking."""
    return parse_metric(name)[0] in ("rmse", "mae")
