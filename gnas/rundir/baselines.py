"""`baselines.json`: the tuned baselines and their validation figures."""

from dataclasses import dataclass

from gnas.config.words import labelled
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import Metrics, Params, read_if_there


@dataclass(frozen=True)
class Attempt:
    """One setting tried: its validation figures, or why it failed."""

    params: Params
    metrics: Metrics
    wall_s: float
    failure: str | None = None


@dataclass(frozen=True)
class BaselineRecord:
    """A tuned baseline: enough to fit it again, and to see what else was tried.

    Attributes:
        approximated: its scores are near those that it stands for, which would cost too much on these data.
    """

    name: str
    params: Params
    metrics: Metrics
    wall_s: float
    attempts: tuple[Attempt, ...] = ()
    approximated: bool = False

    @property
    def label(self) -> str:
        """What tables call it."""
        return labelled(self.name, approximated=self.approximated)


@dataclass(frozen=True)
class FailedBaseline:
    """A baseline of which no setting worked."""

    name: str
    reason: str


@dataclass(frozen=True)
class BaselinesRecord:
    """The baselines of a run.

    Attributes:
        fingerprint: of the data that they were tuned on.
        objective: the metric that they were tuned for.
        from_cache: the file of an earlier run's tuning that they were taken from, if they were.
    """

    fingerprint: str
    objective: str
    seed: int
    from_cache: str | None
    baselines: tuple[BaselineRecord, ...]
    failed: tuple[FailedBaseline, ...] = ()


def read_baselines(run: RunDirectory) -> BaselinesRecord | None:
    """The baselines of a run; None where they were not tuned. Raises `RunError` where the file is damaged."""
    return read_if_there(BaselinesRecord, run.baselines, "remove it, and the baselines are tuned again")
