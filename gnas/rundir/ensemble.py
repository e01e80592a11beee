"""`best/ensemble.json`: the blend of candidates that validation chose."""

from dataclasses import dataclass

from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_if_there


@dataclass(frozen=True)
class Member:
    """A trial in the ensemble: picked so often, with so much weight."""

    trial: int
    architecture: str
    """Its identity."""
    words: str
    picks: int
    weight: float


@dataclass(frozen=True)
class EnsembleValues:
    """Values of the metric on validation, on which the ensemble was chosen."""

    ensemble: float
    winner: float


@dataclass(frozen=True)
class EnsembleRecord:
    """An ensemble of at most `at_most` picks, chosen by `metric` among the trials `candidates`, the winner first."""

    metric: str
    candidates: tuple[int, ...]
    at_most: int
    members: tuple[Member, ...]
    validation: EnsembleValues

    @property
    def name(self) -> str:
        """`ensemble of 2: 2 × trial 4, trial 7`."""
        told = [f"{one.picks} × trial {one.trial}" if one.picks > 1 else f"trial {one.trial}" for one in self.members]
        return f"ensemble of {len(told)}: {', '.join(told)}"


def read_ensemble(run: RunDirectory) -> EnsembleRecord | None:
    """The ensemble of a run; None where there is none. Raises `RunError` where the file is damaged."""
    fix = f"remove it, and choose again with `gnas search --resume {run.path} --ensemble 5`"
    return read_if_there(EnsembleRecord, run.ensemble, fix)
