"""What a run has found so far, read from its directory."""

from dataclasses import dataclass

from gnas.baselines import candidate_of
from gnas.config.architecture import Architecture
from gnas.config.load import load_architecture
from gnas.config.words import labelled
from gnas.errors import RunError
from gnas.rundir.baselines import BaselineRecord, read_baselines
from gnas.rundir.best import BestRecord, Front, has_best, read_best, read_front
from gnas.rundir.confirm import Confirmation, Confirmed
from gnas.rundir.ensemble import EnsembleRecord, read_ensemble
from gnas.rundir.layout import RunDirectory
from gnas.rundir.look import Look, read_looks


@dataclass(frozen=True)
class Winner:
    """The best architecture, its words and its figures."""

    architecture: Architecture
    words: str
    record: BestRecord


@dataclass(frozen=True)
class Found:
    """What a run has come to: None and empty where it is not so far, or was not asked for it."""

    run: RunDirectory
    objective: str
    winner: Winner | None
    baselines: tuple[BaselineRecord, ...]
    front: Front | None
    ensemble: EnsembleRecord | None
    looks: tuple[Look, ...]

    @property
    def confirmed(self) -> Confirmation | None:
        """What came of training the best of a search again."""
        return None if self.winner is None else self.winner.record.confirmed

    def as_candidate(self, baseline: BaselineRecord) -> Confirmed | None:
        """A baseline as the candidate that the search confirmed; None where it did not."""
        candidate, ranking = candidate_of(baseline), () if self.confirmed is None else self.confirmed.ranking
        return next((one for one in ranking if candidate is not None and one.identity == candidate.identity), None)

    @property
    def rivals(self) -> tuple[BaselineRecord, ...]:
        """The baselines without those that the winner left behind in confirmation, or is itself."""
        return tuple(one for one in self.baselines if self.as_candidate(one) is None)


def read_found(run: RunDirectory, objective: str) -> Found:
    """What the run directory holds.

    Raises:
        RunError, ConfigError: one of its files is damaged.
    """
    winner = None
    if has_best(run):
        architecture = load_architecture(str(run.architecture))
        record = read_best(run)
        words = labelled(architecture.words, approximated="approximated" in record.costs)
        winner = Winner(architecture, words, record)
        if objective not in winner.record.validation:
            raise RunError(
                f"{run.metrics} holds no {objective}, which the run is about; "
                f"`gnas search --resume {run.path}` writes it again"
            )
    baselines = read_baselines(run)
    return Found(
        run=run,
        objective=objective,
        winner=winner,
        baselines=() if baselines is None else baselines.baselines,
        front=read_front(run),
        ensemble=read_ensemble(run),
        looks=read_looks(run),
    )
