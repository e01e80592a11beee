"""What the search aims at, and the limits that the winner must keep."""

from collections.abc import Mapping
from dataclasses import dataclass

from gnas.config.metrics import METRICS, Direction, direction, parse_metric
from gnas.config.run import SearchConfig
from gnas.errors import ConfigError
from gnas.registry import did_you_mean


@dataclass(frozen=True)
class Objectives:
    """Names and directions of the aims, the main one first, and bounds on metrics."""

    names: tuple[str, ...]
    directions: tuple[Direction, ...]
    limits: Mapping[str, float]

    def values(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """The aims' values among what was measured.

        Raises:
            ConfigError: an aim was not measured.
        """
        return tuple(_measured(metrics, name, "objective") for name in self.names)

    def gains(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """The same, turned so that more is better."""
        return tuple(value if way == "maximize" else -value for value, way in zip(values, self.directions, strict=True))

    def excess(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """For each limit, by how much it is passed; zero or less where it is kept."""
        found = {name: _measured(metrics, name, "limits") for name in self.limits}
        return {
            name: found[name] - bound if direction(name) == "minimize" else bound - found[name]
            for name, bound in self.limits.items()
        }


def objectives_of(config: SearchConfig) -> Objectives:
    """The aims that a configuration asks for.

    Raises:
        ConfigError: an unknown metric, or one objective twice.
    """
    names = tuple(config.objectives)
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"search.objective: name each objective once, not {', '.join(names) or 'none'}")
    for name in config.limits:
        direction(name)
    return Objectives(names, tuple(direction(name) for name in names), dict(config.limits))


def _measured(metrics: Mapping[str, float], name: str, key: str) -> float:
    if name not in metrics:
        hint = "" if METRICS[parse_metric(name)[0]].cost else "; add its cut-off to evaluate.cutoffs"
        raise ConfigError(f"search.{key}: {name!r} is not measured here ({did_you_mean(name, metrics)}){hint}")
    return metrics[name]
