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
        if self.improved_by(value):
            return replace(self, value=value, index=index, waited=0)
        return replace(self, waited=self.waited + 1)

    def improved_by(self, value: float) -> bool:
        """Whether `value` is strictly better; the first number always is."""
        if math.isnan(value):
            return False
        if math.isnan(self.value):
            return True
        return self.metric.better(value, self.value)

    def exhausted(self, patience: int) -> bool:
        """Whether `patience` evaluations in a row brought nothing better."""
        return self.waited >= patience
