"""`pareto.json`: the Pareto front of a search with several objectives."""

from dataclasses import dataclass

from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_if_there


@dataclass(frozen=True)
class FrontPoint:
    """A trial that no other dominates, and its values by objective."""

    number: int
    identity: str
    values: dict[str, float]


@dataclass(frozen=True)
class Front:
    """The front from one end to the other; `knee` is the number of the trial in its middle, found by `rule`."""

    knee: int
    rule: str
    front: tuple[FrontPoint, ...]


def read_front(run: RunDirectory) -> Front | None:
    """The front; None where there is none. Raises `RunError` where the file is damaged."""
    return read_if_there(Front, run.pareto, f"`gnas search --resume {run.path}` writes it again")
