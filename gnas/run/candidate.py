"""One candidate: build, train against validation, measure its costs, save."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gnas.config.architecture import Architecture
from gnas.errors import GnasError, SearchFailed, TrialFailed
from gnas.evaluate.evaluator import Measure
from gnas.events import Phase, Work
from gnas.nn.model import build
from gnas.nn.recommender import Recommender, is_approximated
from gnas.run.measures import epoch_evaluator
from gnas.run.prepared import Prepared, features_of, pinned
from gnas.rundir.best import BestRecord, write_best
from gnas.rundir.layout import RunDirectory
from gnas.train.checkpoint import save_model
from gnas.train.costs import latency_ms, parameters, watch_peak
from gnas.train.loop import Epoch, train


class CandidateTraining:
    """The training of one architecture with one seed; `epochs` trains; then save or ask for the costs.

    Args:
        prepared: the data and the graph.
        evaluator: measures what came out.
        architecture: what to train.
        seed: of everything random.
        watching: validates every epoch of a trained candidate, where that is not `evaluator` too.
    """

    def __init__(
        self,
        prepared: Prepared,
        evaluator: Measure,
        architecture: Architecture,
        seed: int,
        watching: Measure | None = None,
    ) -> None:
        self.prepared = prepared
        self.evaluator = evaluator
        self.watching = watching if watching is not None and architecture.trained else evaluator
        self.architecture = architecture
        self.seed = seed
        self.train_s = 0.0
        self._model: Recommender | None = None
        self._latency_ms: float | None = None
        self._peak_mib: Callable[[], float] | None = None

    @property
    def model(self) -> Recommender:
        """The recommender; after training, in its best epoch's state."""
        if self._model is None:
            prepared = self.prepared
            self._peak_mib = watch_peak(prepared.device)
            started = time.perf_counter()
            features = features_of(prepared, self.architecture)
            self._model = build(self.architecture, prepared.graph, self.seed, prepared.ratings, features)
            self.train_s = time.perf_counter() - started
        return self._model

    def epochs(self, halt: Callable[[], bool] = lambda: False) -> Iterator[Epoch]:
        """Train, one epoch at a time; where `halt` says yes between two steps, that epoch is the last."""
        config, model = self.prepared.config, self.model
        built_s, started = self.train_s, time.perf_counter()
        for epoch in train(
            model,
            self.prepared.split.train,
            self.watching,
            seed=self.seed,
            objective=config.main_metric,
            options=config.train,
            halt=halt,
        ):
            self.train_s = built_s + time.perf_counter() - started
            yield epoch

    def measured(self) -> dict[str, float]:
        """The metrics of the model as it is, on everyone; empty where its epochs were validated on everyone."""
        return {} if self.watching is self.evaluator else self.evaluator(self.model).metrics

    def save(self, path: Path) -> None:
        """Write the model's tensors, bound to the data's fingerprint."""
        save_model(path, self.model, self.prepared.split.fingerprint)

    def costs(self) -> dict[str, float]:
        """`parameters`, `train_s`, `peak_mib`, and `latency_ms` of a block of users, measured once.

        `approximated` is 1 where the scores are only near those of the architecture.
        """
        model = self.model
        if self._latency_ms is None:
            self._latency_ms = latency_ms(model, self.prepared.device)
        return {
            "parameters": parameters(model),
            "train_s": self.train_s,
            "latency_ms": self._latency_ms,
            "peak_mib": self._peak_mib() if self._peak_mib is not None else 0.0,
            **({"approximated": 1.0} if is_approximated(model) else {}),
        }


@dataclass(frozen=True)
class TrainedModel:
    """One training: the candidate in its best epoch's state, and that epoch."""

    training: CandidateTraining
    best: Epoch
    epochs: int
    architecture: Architecture
    """What was trained; of a blend, with the epochs that its members were best at."""


def train_once(
    prepared: Prepared, evaluator: Measure, architecture: Architecture, seed: int, name: str = ""
) -> Work[TrainedModel]:
    """Train `architecture` against `evaluator`; `name` is shown beside its description.

    Raises:
        SearchFailed: the training diverged, or memory ran out.
    """
    ceiling = architecture.most_epochs(prepared.config.train.epochs)
    yield Phase(" · ".join(part for part in (f"training {architecture.words}", name) if part), total=ceiling)
    training = CandidateTraining(prepared, evaluator, architecture, seed, epoch_evaluator(prepared, evaluator))
    best, epochs, members = None, 0, dict(enumerate(architecture.members))
    try:
        for epoch in training.epochs():
            epochs += 1
            best = epoch if epoch.is_best else best
            if epoch.part is not None:
                members[epoch.part] = members[epoch.part].model_copy(update={"epochs": max(epoch.best_index, 1)})
            yield epoch
    except TrialFailed as error:
        raise SearchFailed(f"the training failed: {error}") from error
    if best is None:
        raise GnasError("the training ended before its first evaluation; lower train.evaluate_every")
    again = architecture.with_members(list(members.values()))
    return TrainedModel(training, replace(best, metrics={**best.metrics, **training.measured()}), epochs, again)


def save_trained(run: RunDirectory, trained: TrainedModel) -> None:
    """Write best/ of a run: the model, the architecture with the hashes of its encoders' weights, and the figures."""
    training = trained.training
    run.best.mkdir(exist_ok=True)
    training.save(run.model)
    architecture = pinned(training.prepared, trained.architecture)
    record = BestRecord(
        architecture=architecture.identity,
        validation=trained.best.metrics,
        best_epochs=(trained.best.index,),
        costs=training.costs(),
        seed=training.seed,
        epochs=trained.epochs,
    )
    write_best(run, architecture, record)
