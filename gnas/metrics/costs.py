"""What a candidate takes: the names alone, since `gnas.train.costs` measures it while it is trained."""

from gnas.metrics.metric import METRICS, Cost

METRICS.add("parameters", Cost())
METRICS.add("peak_mib", Cost())
METRICS.add("train_s", Cost())
METRICS.add("latency_ms", Cost())
