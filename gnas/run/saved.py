"""An opened run: its configuration, its trials, its best model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import torch

from gnas.config.architecture import Architecture
from gnas.config.load import load_architecture
from gnas.config.run import RunConfig
from gnas.errors import DataError, RunError
from gnas.events import Phase, Tick, Work, finish, no_tick
from gnas.graph.pyg import hetero_data
from gnas.nn.model import Candidate
from gnas.nn.recommender import Recommender
from gnas.report.documents import Document
from gnas.report.found import Found, read_found
from gnas.report.shown import Shown
from gnas.report.status import status_of, status_text
from gnas.report.summary import (
    search_document,
    search_summary,
    training_document,
    training_summary,
    tuning_document,
    tuning_summary,
)
from gnas.report.tables import Table
from gnas.run.prepared import Prepared, features_of, model_at, prepare_run
from gnas.rundir import layout
from gnas.rundir.baselines import BaselineRecord, read_baselines
from gnas.rundir.beginning import read_config, read_data, read_space
from gnas.rundir.best import best_architecture, read_best
from gnas.rundir.confirm import Confirmation
from gnas.rundir.finetuning import read_finetuning
from gnas.rundir.layout import RunDirectory
from gnas.rundir.log import end_reason
from gnas.rundir.look import Look, read_looks
from gnas.rundir.table import trials_frame
from gnas.rundir.trial import read_statuses
from gnas.space.search_space import SearchSpace
from gnas.train.device import resolve_device

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


@dataclass(frozen=True)
class Best:
    """The best architecture of a run, in words too, and its figures on validation.

    `confirmed`: what a search found when it trained its best again.
    """

    architecture: Architecture
    words: str
    validation: dict[str, float]
    confirmed: Confirmation | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """The best model of a run, ready to score."""

    recommender: Recommender
    architecture: Architecture
    prepared: Prepared

    @property
    def users(self) -> pl.Series:
        """The ids of all users, as the data have them."""
        return self.prepared.split.user_ids

    @property
    def items(self) -> pl.Series:
        """The ids of all items; the columns of `score`."""
        return self.prepared.split.item_ids

    def score(self, users: Sequence[object]) -> np.ndarray:
        """Scores of all items for users named by their ids: float32 [len(users), len(items)]; higher is better.

        Raises:
            DataError: a user is not in the data.
        """
        number_S = user_numbers(self.users, [str(user) for user in users])
        if (number_S < 0).any():
            unknown = users[int(np.flatnonzero(number_S < 0)[0])]
            raise DataError(f"no user {unknown!r} in the data, so the model has no scores for it")
        with torch.no_grad():
            score_SI = self.recommender.score(torch.as_tensor(number_S, device=self.prepared.device))
        return score_SI.float().cpu().numpy()

    def hetero_data(self) -> "HeteroData":
        """The train graph as PyG has it: what is read of users and items as `x`, a trained model's `embedding`.

        Nodes stand in the order of `users` and `items`. See `gnas.graph.pyg`.
        """
        trained = self.recommender if isinstance(self.recommender, Candidate) else None
        embeddings = trained.embed(training=False) if trained else None
        return hetero_data(self.prepared.graph, features_of(self.prepared, self.architecture), embeddings)

    def __repr__(self) -> str:
        return f"{self.architecture.words} for {len(self.users):,} users and {len(self.items):,} items"


@dataclass(frozen=True, repr=False)
class Run(Shown):
    """A run: what stands in its directory, of a search, a training or a fine-tuning. See `open_run`."""

    path: Path

    @property
    def directory(self) -> RunDirectory:
        """The places of its files."""
        return RunDirectory(self.path)

    @property
    def config(self) -> RunConfig:
        """The resolved configuration."""
        return read_config(self.directory)

    @property
    def space(self) -> SearchSpace:
        """The space that was searched."""
        return read_space(self.directory)

    @property
    def trials(self) -> pl.DataFrame:
        """One row a finished trial: what it was, its figures, what it took, its parameters as `param.NAME`."""
        table = self.directory.trials
        if table.exists():
            return pl.read_parquet(table)
        return trials_frame(read_statuses(self.directory), self.config.search.objectives)

    @property
    def best(self) -> Best:
        """The best architecture with its validation figures.

        Raises:
            RunError: the run has none yet.
        """
        architecture, record = best_architecture(self.directory), read_best(self.directory)
        return Best(architecture, architecture.words, record.validation, record.confirmed)

    @property
    def baselines(self) -> tuple[BaselineRecord, ...]:
        """The tuned baselines with their validation figures."""
        known = read_baselines(self.directory)
        return () if known is None else known.baselines

    @property
    def looks(self) -> tuple[Look, ...]:
        """Every look at the test split, oldest first."""
        return read_looks(self.directory)

    @property
    def report(self) -> Path:
        """The report for a browser."""
        return self.directory.report

    @cached_property
    def model(self) -> Model:
        """The best model, ready to score.

        Raises:
            RunError: the run has none yet, or its data changed.
        """
        return finish(load_best(self.directory, resolve_device(self.config.device)))

    @cached_property
    def ensemble(self) -> Model:
        """The blend that the search chose beside its winner, ready to score.

        Raises:
            RunError: the search chose none, or the data changed.
        """
        return finish(load_best(self.directory, resolve_device(self.config.device), ensemble=True))

    def summary(self) -> list[str | Table]:
        """What it came to."""
        tuned, reason = read_finetuning(self.directory), end_reason(self.directory)
        if tuned is not None:
            return tuning_summary(self.directory, tuned)
        if reason is not None:
            return search_summary(self._found, reason, self.failures)
        return status_text(status_of(self.directory)) if self._is_search else training_summary(self._found)

    def document(self) -> Document:
        """The same for a machine."""
        tuned, reason = read_finetuning(self.directory), end_reason(self.directory)
        if tuned is not None:
            return tuning_document(self._found, tuned)
        if reason is not None:
            return search_document(self._found, reason, self.failures)
        return asdict(status_of(self.directory)) if self._is_search else training_document(self._found)

    @property
    def failures(self) -> dict[str, int]:
        """Why trials failed, and how often."""
        failed = [one for one in read_statuses(self.directory) if one.state == "failed"]
        return dict(Counter(one.reason or "unknown" for one in failed))

    @property
    def end_reason(self) -> str | None:
        """Why the search ended last; None where it is not over, or the run is not one of a search."""
        return end_reason(self.directory)

    @property
    def _found(self) -> Found:
        return read_found(self.directory, self.config.main_metric)

    @property
    def _is_search(self) -> bool:
        return self.directory.log.exists()


def open_run(path: str | Path) -> Run:
    """The run at `path`.

    Raises:
        RunError: nothing is there, or it is not a run directory.
    """
    return Run(layout.open_directory(Path(path)).path)


def directory_of(run: Run | str | Path) -> RunDirectory:
    """The directory of a run, or of the run at a path."""
    return (run if isinstance(run, Run) else open_run(run)).directory


def reopen(run: RunDirectory, device: torch.device, tick: Tick = no_tick) -> Work[Prepared]:
    """The data of a run again, refused where they have changed."""
    return (yield from prepare_run(read_config(run), device, run.path, read_data(run).fingerprint, tick))


def load_best(run: RunDirectory, device: torch.device, tick: Tick = no_tick, *, ensemble: bool = False) -> Work[Model]:
    """The data of a run and its best model, ready to score; with `ensemble`, the blend beside it."""
    architecture = ensemble_architecture(run) if ensemble else best_architecture(run)
    prepared = yield from reopen(run, device, tick)
    model = yield from best_model(run, architecture, prepared, ensemble=ensemble)
    return Model(model, architecture, prepared)


def best_model(
    run: RunDirectory, architecture: Architecture, prepared: Prepared, *, ensemble: bool = False
) -> Work[Recommender]:
    """The model of the best architecture of a run, or of its ensemble, whose data are at hand."""
    yield Phase("loading the model")
    return model_at(run.ensemble_model if ensemble else run.model, architecture, prepared)


def ensemble_architecture(run: RunDirectory) -> Architecture:
    """The blend that a search chose beside its winner. Raises `RunError` where it chose none."""
    if not run.ensemble_architecture.is_file():
        raise RunError(f"{run.path} has no ensemble; choose one with `gnas search --resume {run.path} --ensemble 5`")
    return load_architecture(str(run.ensemble_architecture))


def user_numbers(ids: pl.Series, users: Sequence[str]) -> np.ndarray:
    """The numbers of users by their ids as text: int64 [len(users)]; -1: unknown."""
    number_of = dict(zip(ids.cast(pl.String), range(len(ids)), strict=True))
    return np.array([number_of.get(user, -1) for user in users], dtype=np.int64)
