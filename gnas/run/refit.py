"""Fitting on train and validation together, without early stopping."""

import math
from dataclasses import replace
from statistics import median

import numpy as np

from gnas.config.architecture import Architecture
from gnas.data.interactions import Interactions, Split
from gnas.errors import RunError, SearchFailed, TrialFailed
from gnas.evaluate.evaluator import Evaluation
from gnas.events import Phase, Work
from gnas.features.bank import FeatureBank
from gnas.features.table import load_tables
from gnas.graph.bipartite import build_graph
from gnas.nn.blend import BlendModel
from gnas.nn.model import build
from gnas.nn.ratings import rating_scale
from gnas.nn.recommender import Recommender
from gnas.rng import derive_seed
from gnas.run.prepared import Prepared, features_of
from gnas.rundir.best import BestRecord
from gnas.train.loop import train


def on_everything_known(prepared: Prepared) -> Prepared:
    """The same run with the validation part among the train interactions; graph, ratings and features follow."""
    nothing = np.zeros(0, dtype=np.int64)
    train, valid = prepared.split.train, prepared.split.valid
    return shared_out(prepared, joined(train, valid), valid.take(nothing))


def shared_out(prepared: Prepared, train: Interactions, valid: Interactions) -> Prepared:
    """The same run with other train and validation parts; graph, ratings and features follow."""
    split: Split = replace(prepared.split, train=train, valid=valid)
    tables = load_tables(prepared.config.data, split, prepared.base)
    bank = FeatureBank(tables, train, device=str(prepared.device))
    ratings = None if prepared.ratings is None else rating_scale(train)
    graph = build_graph(train, prepared.device, split.seen_behaviours)
    return replace(prepared, split=split, graph=graph, bank=bank, ratings=ratings)


def joined(first: Interactions, second: Interactions) -> Interactions:
    """The interactions of both; ratings and times where both have them."""
    columns: dict[str, np.ndarray | None] = {}
    for name in ("rating", "time"):
        a, b = getattr(first, name), getattr(second, name)
        columns[name] = None if a is None or b is None else np.concatenate([a, b])
    user, item = (np.concatenate([getattr(first, name), getattr(second, name)]) for name in ("user", "item"))
    return Interactions(user, item, first.n_users, first.n_items, **columns)


def fitted(whole: Prepared, architecture: Architecture, epochs: int, seed: int) -> Work[Recommender]:
    """The recommender after exactly `epochs` epochs, measured by nobody on the way.

    Each member of a blend takes as many as its own training was best at, under the seed that it would have alone.
    """
    if architecture.members:
        models = []
        for member in architecture.members:
            one = member.architecture
            own = derive_seed(whole.config.seed, "refit", one.identity)
            models.append(
                (yield from fitted(whole, one, member.epochs or one.most_epochs(whole.config.train.epochs), own))
            )
        return BlendModel(architecture, models, whole.ratings)
    trained = architecture.trained
    length = f", {epochs} epoch{'' if epochs == 1 else 's'}" if trained else ""
    yield Phase(f"fitting on train and validation{length}", total=epochs if trained else None)
    model = build(architecture, whole.graph, seed, whole.ratings, features_of(whole, architecture))
    if not trained:
        return model
    objective = whole.config.main_metric
    options = whole.config.train.model_copy(update={"epochs": epochs, "evaluate_every": epochs})
    unmeasured = Evaluation({objective: 0.0}, {}, np.zeros(0, dtype=np.int64))  # it makes the last epoch the best
    try:
        for epoch in train(
            model, whole.split.train, lambda _: unmeasured,
            seed=seed, objective=objective, options=options,
        ):  # fmt: skip
            yield replace(epoch, metrics={}, is_best=False, best_value=math.nan)  # nobody is told a made-up value
    except TrialFailed as error:
        raise SearchFailed(f"the training on train and validation failed: {error}") from error
    return model


def confirmed_epochs(best: BestRecord) -> int:
    """Epochs to train a run's best architecture for: the median of its best epochs over the seeds it was trained on.

    Raises:
        RunError: the record does not say.
    """
    if not best.best_epochs:
        raise RunError("best/metrics.json does not say after how many epochs the model was best; search or train again")
    return max(1, round(median(best.best_epochs)))
