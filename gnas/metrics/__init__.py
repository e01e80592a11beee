"""Metrics: which way is better, and the formula. One function is one metric.

Nothing here imports torch: configurations know the names of metrics, and `gnas --help` knows configurations.
"""

from gnas.metrics import accuracy, beyond, ratings
from gnas.metrics.lists import Lists, TrainPairs
from gnas.metrics.metric import (
    METRICS,
    Cost,
    Direction,
    ListMetric,
    Metric,
    RatingMetric,
    ScoreMetric,
    list_metric,
    metric_of,
    parse_metric,
)

__all__ = [
    "METRICS",
    "Cost",
    "Direction",
    "ListMetric",
    "Lists",
    "Metric",
    "RatingMetric",
    "ScoreMetric",
    "TrainPairs",
    "accuracy",
    "beyond",
    "list_metric",
    "metric_of",
    "parse_metric",
    "ratings",
]
