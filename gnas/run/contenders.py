"""The candidates of a search whose models still lie in their trials' folders: the best few."""

from dataclasses import dataclass
from pathlib import Path

from gnas.config.architecture import Architecture, identity
from gnas.config.load import load_architecture
from gnas.events import Work
from gnas.nn.recommender import Recommender
from gnas.rng import derive_seed
from gnas.run.directory import read_json
from gnas.run.prepared import Prepared, features_of
from gnas.run.refit import fitted
from gnas.rundir.layout import RunDirectory
from gnas.rundir.trial import trials_with_models
from gnas.train.checkpoint import load_model


@dataclass(frozen=True)
class Contender:
    """A trial with its saved model."""

    number: int
    architecture: Architecture
    best_epoch: int
    validation: dict[str, float]
    model: Path

    def saved(self, prepared: Prepared) -> Recommender:
        """Its saved model.

        Raises:
            RunError: the file is damaged, or of another architecture or other data.
        """
        features = features_of(prepared, self.architecture)
        return load_model(self.model, self.architecture, prepared.graph, prepared.split.fingerprint, features)

    def recommender(self, prepared: Prepared, refit: bool) -> Work[Recommender]:
        """Its saved model, or the architecture fitted again on all of `prepared`."""
        if not refit:
            return self.saved(prepared)
        seed = derive_seed(prepared.config.seed, "refit", identity(self.architecture))
        return (yield from fitted(prepared, self.architecture, self.best_epoch, seed))


def contender(run: RunDirectory, number: int) -> Contender | None:
    """The trial `number` with its model; None where the model is gone."""
    trial = run.trial(number)
    if not trial.model.is_file():
        return None
    status = read_json(trial.status)
    architecture = load_architecture(str(trial.architecture))
    return Contender(number, architecture, int(status["best_epoch"]), status["metrics"], trial.model)


def runner_up(run: RunDirectory) -> Contender | None:
    """The candidate that came second; None where the search found no other."""
    number = (read_json(run.metrics).get("confirmed") or {}).get("second")
    return None if number is None else contender(run, number)


def with_models(run: RunDirectory) -> list[int]:
    """The trials whose models are kept, in their order."""
    return [trial.number for trial in trials_with_models(run)]
