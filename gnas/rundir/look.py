"""`test.json`: every look at the test split. The more looks, the less a figure is worth."""

from dataclasses import dataclass, field

from gnas.config.words import labelled
from gnas.rundir.ensemble import Member
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import Figure, Metrics, Params, read_record, write_record


@dataclass(frozen=True)
class Measured:
    """A figure on test; `low` and `high` are its 95 % interval where it is a mean over users."""

    value: Figure
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Lead:
    """The winner's lead over a rival, user by user: positive is better. `p_holm` holds for all rivals at once."""

    difference: Figure
    low: Figure
    high: Figure
    p: Figure
    p_holm: Figure


@dataclass(frozen=True)
class Rival:
    """A recommender that stands beside the winner.

    Attributes:
        lead: the winner's over it; None where the objective has no value for each user.
        params: of a baseline.
        trial, architecture: of the candidate that came second.
        members: of an ensemble.
        approximated: its scores are near those that it stands for.
    """

    name: str
    metrics: dict[str, Measured]
    lead: Lead | None = None
    params: Params = field(default_factory=dict)
    trial: int | None = None
    architecture: str | None = None
    members: tuple[Member, ...] = ()
    approximated: bool = False

    @property
    def label(self) -> str:
        """What tables call it."""
        return labelled(self.name, approximated=self.approximated)


@dataclass(frozen=True)
class InGroup:
    """A rival's figures in a group."""

    name: str
    metrics: dict[str, Measured]


@dataclass(frozen=True)
class Group:
    """Figures of known or new items or users apart: those of the winner, and those of the others by name."""

    group: str
    n_users: int
    metrics: dict[str, Measured]
    others: tuple[InGroup, ...] = ()


@dataclass(frozen=True)
class SeedLook:
    """One of several trainings of the same architecture."""

    seed: int
    best_epoch: int
    validation: Metrics
    test: Metrics


@dataclass(frozen=True)
class Spread:
    """A figure over the seeds."""

    mean: Figure
    std: Figure


@dataclass(frozen=True)
class Refit:
    """Models were fitted again on train and validation; the number of epochs on each seed."""

    epochs: tuple[int, ...]


@dataclass(frozen=True)
class Look:
    """One look at test.

    Attributes:
        time: in ISO 8601, with the offset.
        architecture: the identity of the winner.
        fingerprint: of the data.
        objective: the metric that leads are about.
        bootstrap: resamples of the intervals.
        metrics: empty for a look that was begun and came to nothing.
        families: the best candidate of each family that neither the winner nor the runner-up is of.
        groups: only where test has new items or users.
        seeds, spread: where the architecture was trained on several seeds; `metrics` are their means.
        refit: None: the models as training left them.
        compared_with: the other runs, for a comparison.
        of_data: looks at the test part of these data by all runs of this machine, this one included; 0: not counted.
    """

    time: str
    command: tuple[str, ...]
    architecture: str
    fingerprint: str
    protocol: str
    n_users: int
    objective: str
    bootstrap: int
    metrics: dict[str, Measured]
    baselines: tuple[Rival, ...] = ()
    runner_up: Rival | None = None
    families: tuple[Rival, ...] = ()
    ensemble: Rival | None = None
    groups: tuple[Group, ...] = ()
    seeds: tuple[SeedLook, ...] = ()
    spread: dict[str, Spread] = field(default_factory=dict)
    refit: Refit | None = None
    compared_with: tuple[str, ...] = ()
    of_data: int = 0

    def __post_init__(self) -> None:
        """Whoever was measured was measured by the objective."""
        measured = [self.metrics, *(one.metrics for one in self.rivals), *(group.metrics for group in self.groups)]
        measured += [one.metrics for group in self.groups for one in group.others]
        if self.metrics and any(self.objective not in metrics for metrics in measured):
            raise ValueError(f"there is a recommender without a figure for {self.objective}")

    @property
    def complete(self) -> bool:
        """Whether it came to figures; an interrupted look is counted all the same."""
        return bool(self.metrics)

    @property
    def rivals(self) -> tuple[Rival, ...]:
        """Everything beside the winner: baselines, candidates, ensemble."""
        beside = (self.runner_up, *self.families, self.ensemble)
        return (*self.baselines, *(one for one in beside if one is not None))


@dataclass(frozen=True)
class _Looks:
    count: int
    looks: tuple[Look, ...]


def read_looks(run: RunDirectory) -> tuple[Look, ...]:
    """Every look so far, oldest first. Raises `RunError` where the file is damaged."""
    if not run.test.exists():
        return ()
    return read_record(_Looks, run.test, "put it back from a copy: it counts the looks at the test split").looks


def complete_look(run: RunDirectory, number: int, look: Look) -> None:
    """Put the figures of a look that `record_look` counted as `number` into test.json."""
    looks = list(read_looks(run))
    looks[number - 1] = look
    write_record(run.test, _Looks(len(looks), tuple(looks)))


def record_look(run: RunDirectory, look: Look) -> int:
    """Append a look to test.json before a figure is shown, and say how many there are now."""
    looks = (*read_looks(run), look)
    write_record(run.test, _Looks(len(looks), looks))
    return len(looks)
