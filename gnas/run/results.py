"""Which figure is better."""

from gnas.config.metrics import direction


def better(metric: str, a: float, b: float) -> bool:
    """Whether `a` is a better `metric` than `b`."""
    return a > b if direction(metric) == "maximize" else a < b
