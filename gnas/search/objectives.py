"""What the search aims at, and the limits that the winner must keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gnas.config.run import SearchConfig
from gnas.errors import ConfigError
from gnas.metrics import Direction, metric_of
from gnas.registry import did_you_mean
from gnas.space.search_space import Constraint


@dataclass(frozen=True)
class Objectives:
    """Names of the aims, the main one first, and bounds on metrics."""

    names: tuple[str, ...]
    limits: tuple[Constraint, ...] = ()

    def values(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """The aims' values among what was measured.

        Raises:
            ConfigError: an aim was not measured.
        """
        return tuple(_measured(metrics, name, "objective") for name in self.names)

    def gains(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """The same, turned so that more is better."""
        return tuple(metric_of(name).gain(value) for name, value in zip(self.names, values, strict=True))

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Which way each aim is better."""
        return tuple(metric_of(name).direction for name in self.names)

    def excess(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """For each limit, by which share of the bound it is passed; zero or less where it is kept."""
        found = {}
        for limit in self.limits:
            value = _measured(metrics, limit.metric, "limits")
            if limit.high is not None:
                found[f"{limit.metric} max {limit.high:g}"] = (value - limit.high) / (abs(limit.high) or 1.0)
            if limit.low is not None:
                found[f"{limit.metric} min {limit.low:g}"] = (limit.low - value) / (abs(limit.low) or 1.0)
        return found

    @property
    def limit_names(self) -> list[str]:
        """The keys of `excess`."""
        return list(self.excess({limit.metric: 0.0 for limit in self.limits}))


def objectives_of(config: SearchConfig, constraints: Sequence[Constraint] = ()) -> Objectives:
    """The aims that a configuration asks for, and its limits beside the constraints of the space.

    Raises:
        ConfigError: an unknown metric, or one objective twice.
    """
    names = tuple(config.objectives)
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"search.objective: name each objective once, not {', '.join(names) or 'none'}")
    limits = [
        Constraint(name, high=bound) if metric_of(name).direction == "minimize" else Constraint(name, low=bound)
        for name, bound in config.limits.items()
    ]
    return Objectives(names, (*limits, *constraints))


def _measured(metrics: Mapping[str, float], name: str, key: str) -> float:
    if name not in metrics:
        hint = "" if metric_of(name).is_cost else "; add its cut-off to evaluate.cutoffs"
        raise ConfigError(f"search.{key}: {name!r} is not measured here ({did_you_mean(name, metrics)}){hint}")
    return metrics[name]
