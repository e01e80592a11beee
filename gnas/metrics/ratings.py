"""Errors of predicted ratings; `mean` averages over all of them, or over those of each user."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gnas.metrics.metric import METRICS, RatingMetric, said

if TYPE_CHECKING:
    from torch import Tensor


def rmse(error_E: "Tensor", mean: "Callable[[Tensor], Tensor]") -> "Tensor":
    """Root mean squared error, sqrt(mean (predicted − given)²), over user-item pairs."""
    return mean(error_E.square()).sqrt()


def mae(error_E: "Tensor", mean: "Callable[[Tensor], Tensor]") -> "Tensor":
    """Mean absolute error, mean |predicted − given|, over user-item pairs (Herlocker et al., TOIS 2004)."""
    return mean(error_E.abs())


METRICS.add("rmse", RatingMetric("minimize", rmse, about=said(rmse)))
METRICS.add("mae", RatingMetric("minimize", mae, about=said(mae)))
