"""The items to show to each user: those that the best model ranks highest and the user has not seen."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import torch

from gnas.config.architecture import Architecture
from gnas.data.interactions import Split
from gnas.errors import DataError, RunError, TrialFailed
from gnas.evaluate.ranking import Ranker
from gnas.evaluate.top import TieBreaker
from gnas.events import Phase, Work
from gnas.nn.known import known_rows
from gnas.nn.recommender import Recommender
from gnas.run.prepared import Prepared, features_of
from gnas.run.saved import load_best, reopen, saved_architecture
from gnas.rundir.layout import RunDirectory


class WithPopular:
    """The model's scores for the users that it knows (`known_U`), the items' popularity for all others."""

    def __init__(self, model: Recommender, known_U: torch.Tensor, popularity_I: torch.Tensor) -> None:
        self.model, self.known_U, self.popularity_I = model, known_U, popularity_I
        self.n_users, self.n_items = len(known_U), len(popularity_I)

    def score(self, users: torch.Tensor) -> torch.Tensor:
        """As `Recommender.score`."""
        known_B = self.known_U[users]
        if known_B.all():
            return self.model.score(users)
        score_BI = self.popularity_I.repeat(len(users), 1)
        if known_B.any():
            score_BI[known_B] = self.model.score(users[known_B]).float()
        return score_BI


def recommend_run(
    run: RunDirectory, device: torch.device, k: int, users: Sequence[str] | None = None
) -> Work[tuple[pl.DataFrame, Prepared]]:
    """The top `k` for `users` (ids as text; None: everyone), and the data that they are about.

    Columns: user, item (ids as the data have them), rank from 1, score, known (false: the popular list). A user asked
    for and unknown is text in a column of text.

    Raises:
        RunError: as for `evaluate_run`. DataError: `k` is not positive, or no user is named.
    """
    if k < 1:
        raise DataError(f"k must be at least 1, not {k}")
    if users is not None and not users:
        raise DataError("no user is named")
    architecture = saved_architecture(run)
    prepared = yield from reopen(run, device)
    model = yield from load_best(run, architecture, prepared)
    yield Phase("ranking the items")
    known, seed = _known(prepared, architecture), prepared.config.seed
    try:
        return recommend(model, prepared.split, device, k, users, known, seed=seed), prepared
    except TrialFailed as error:
        raise RunError(f"{run.model} cannot be used: {error}") from None


def recommend(
    model: Recommender,
    split: Split,
    device: torch.device,
    k: int,
    users: Sequence[str] | None = None,
    known: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    seed: int = 0,
) -> pl.DataFrame:
    """The table of `recommend_run`, from a model.

    `known` are the users, bool [U], and the items, bool [I], that the model's scores mean something for; None: those of
    train. Other users get the popular list, and other items are shown to nobody. `seed` breaks ties: as a measurement
    of all users does, where one is made.

    Raises:
        TrialFailed: a score is not finite.
    """
    known_U, known_I = known or _trained(split)
    asked, number_S = _asked(split, users)
    user_R, row_S = np.unique(number_S, return_inverse=True)
    n_users = split.n_users + len(number_S)
    on_device_U = torch.zeros(n_users, dtype=torch.bool, device=device)
    on_device_U[: split.n_users] = torch.from_numpy(known_U)
    scorer = WithPopular(model, on_device_U, _popularity(split).to(device))
    ties = TieBreaker(split.n_items, split.n_users, seed, device).of(user_R % split.n_users)
    ranker = Ranker(user_R, split.parts, ties).among(np.flatnonzero(known_I))
    item_SK, score_SK = (found_RK[row_S] for found_RK in ranker.top(scorer, min(k, split.n_items)))
    row, column = np.nonzero(item_SK >= 0)
    return pl.DataFrame(
        {
            "user": asked.gather(row),
            "item": split.item_ids.gather(item_SK[row, column]),
            "rank": column + 1,
            "score": score_SK[row, column],
            "known": on_device_U.cpu().numpy()[number_S[row]],
        }
    )


def _trained(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The users and the items with an interaction in train."""
    train = split.train
    return (
        np.bincount(train.user, minlength=split.n_users) > 0,
        np.bincount(train.item, minlength=split.n_items) > 0,
    )


def _known(prepared: Prepared, architecture: Architecture) -> tuple[np.ndarray, np.ndarray]:
    """The users and the items that the architecture's scores mean something for."""
    features, trained = features_of(prepared, architecture), _trained(prepared.split)
    return (
        known_rows(architecture, features, "users", trained[0]),
        known_rows(architecture, features, "items", trained[1]),
    )


def _asked(split: Split, users: Sequence[str] | None) -> tuple[pl.Series, np.ndarray]:
    """The ids to answer for, and their numbers; those of unknown users come behind all others."""
    if users is None:
        return split.user_ids, np.arange(split.n_users)
    number_of = dict(zip(split.user_ids.cast(pl.String), range(split.n_users), strict=True))
    number_S = np.array([number_of.get(user, split.n_users + at) for at, user in enumerate(users)], dtype=np.int64)
    if (number_S < split.n_users).all():
        return split.user_ids.gather(number_S), number_S
    return pl.Series(users, dtype=pl.String), number_S


def _popularity(split: Split) -> torch.Tensor:
    """How many users took each item, the test part included: float32 [I]."""
    keys = np.unique(np.concatenate([part.user * split.n_items + part.item for part in split.parts]))
    return torch.from_numpy(np.bincount(keys % split.n_items, minlength=split.n_items)).float()
