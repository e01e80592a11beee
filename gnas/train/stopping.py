"""When to stop, and which epoch was best."""

import math
from dataclasses import dataclass, replace

from gnas.metrics import Metric


@dataclass(frozen=True)
class Best:
    """The best evaluation so far; values as they are measured.

    Ties go to the earlier epoch. NaN is never better. `waited` counts evaluations since the best one.
    """

    metric: Metric
    value: float = math.nan
    index: int = 0
    waited: int = 0

    def after(self, index: int, value: float) -> "Best":
        """The best after epoch `index` measured `value`."""
        first = math.isnan(self.value) and not math.isnan(value)
        if first or self.metric.better(value, self.value):
            return replace(self, value=value, index=index, waited=0)
        return replace(self, waited=self.waited + 1)

    def exhausted(self, patience: int) -> bool:
        """Whether `patience` evaluations in a row brought nothing better."""
        return self.waited >= patience
