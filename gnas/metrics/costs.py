"""Metrics of the candidate itself. `gnas.train.costs` measures them."""

from gnas.metrics.metric import METRICS, Cost

METRICS.add("parameters", Cost(about="Number of learned values."))
METRICS.add("peak_mib", Cost(about="Most memory during its training, in MiB."))
METRICS.add("train_s", Cost(about="Seconds of its training."))
METRICS.add("latency_ms", Cost(about="Milliseconds to score all items for 256 users."))
