"""One file per way to choose the next candidate; importing this package registers them all."""

from gnas.search.strategies import evolution, grid, local, model_based, portfolio, predictor, qmc, uniform
from gnas.search.view import SAMPLERS

__all__ = ["SAMPLERS", "evolution", "grid", "local", "model_based", "portfolio", "predictor", "qmc", "uniform"]
