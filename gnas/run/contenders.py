"""The best candidates of a search whose models are still in their trials' folders."""

from dataclasses import dataclass, replace
from pathlib import Path

from gnas.config.architecture import Architecture
from gnas.evaluate.evaluator import Measure
from gnas.evaluate.uncertainty import leads
from gnas.events import Work
from gnas.nn.recommender import Recommender
from gnas.rng import derive_seed
from gnas.run.prepared import Prepared, model_at
from gnas.run.refit import fitted
from gnas.rundir.best import read_best
from gnas.rundir.confirm import Confirmation
from gnas.rundir.layout import RunDirectory
from gnas.rundir.trial import read_architecture, read_status
from gnas.search.confirm import ALPHA
from gnas.search.outcome import first_of_each


@dataclass(frozen=True)
class Contender:
    """A trial with its saved model."""

    number: int
    architecture: Architecture
    best_epoch: int
    validation: dict[str, float]
    model: Path

    def saved(self, prepared: Prepared) -> Recommender:
        """Its saved model; see `model_at`."""
        return model_at(self.model, self.architecture, prepared)

    def recommender(self, prepared: Prepared, refit: bool) -> Work[Recommender]:
        """Its saved model, or the architecture fitted again on all of `prepared`."""
        if not refit:
            return self.saved(prepared)
        seed = derive_seed(prepared.config.seed, "refit", self.architecture.identity)
        return (yield from fitted(prepared, self.architecture, self.best_epoch, seed))


def contender(run: RunDirectory, number: int) -> Contender | None:
    """The trial `number` with its model; None where the model is gone."""
    trial = run.trial(number)
    if not trial.model.is_file():
        return None
    status = read_status(trial)
    return Contender(number, read_architecture(trial), status.best_epoch or 1, status.metrics, trial.model)


def runner_up(run: RunDirectory) -> Contender | None:
    """The candidate that came second; None where the search found no other."""
    confirmed = read_best(run).confirmed
    return None if confirmed is None or confirmed.second is None else contender(run, confirmed.second.number)


def best_of_families(run: RunDirectory) -> list[Contender]:
    """The first confirmed candidate of each family that neither the winner nor the runner-up is of."""
    confirmed = read_best(run).confirmed
    found = [] if confirmed is None else [contender(run, one.number) for one in confirmed.ranking]
    seen = {one.architecture.family for one in found[:2] if one is not None}
    others = [one for one in found[2:] if one is not None and one.architecture.family not in seen]
    return list(first_of_each(others, lambda one: one.architecture.family).values())


def told_apart(run: RunDirectory, prepared: Prepared, evaluator: Measure, best: Confirmation) -> Confirmation:
    """`best` with the p of a paired bootstrap over validation users, where fresh seeds cannot tell.

    A closed form has one value on a validation part that all seeds share, so there is nothing to test over seeds. It
    stays untested where the search does not confirm, where a model is gone, or where the main objective is no metric of
    users.
    """
    config, second = prepared.config, best.second
    if best.p_value is not None or second is None or config.search.confirm.top == 0:
        return best
    own, other = contender(run, best.winner.number), contender(run, second.number)
    metric = config.search.objectives[0]
    if own is None or other is None or metric != config.main_metric:
        return best
    found = leads(
        evaluator(own.saved(prepared)),
        {"second": evaluator(other.saved(prepared))},
        metric,
        config.evaluate.bootstrap,
        config.seed,
    )
    if not found:
        return best
    p_value = found["second"].p
    return replace(best, p_value=p_value, separated=p_value < ALPHA)
