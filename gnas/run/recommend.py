"""Recommendations: the items that the best model ranks highest and the user has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch

from gnas.data.interactions import Split
from gnas.errors import DataError, RunError, TrialFailed
from gnas.evaluate.ranking import Ranker
from gnas.evaluate.top import TieBreaker
from gnas.events import Begun, Note, OnEvent, Phase, Tick, Work, finish, no_tick, tick_of
from gnas.nn.known import known_rows
from gnas.nn.recommender import Recommender
from gnas.run.prepared import features_of
from gnas.run.saved import Model, Run, directory_of, load_best, user_numbers
from gnas.rundir.beginning import read_config
from gnas.rundir.layout import RunDirectory
from gnas.train.device import resolve_device

TITLES = ("title", "name", "description")


@dataclass(frozen=True)
class Recommendations:
    """The table of `recommend`, and the titles of its items where the data have them: columns item and title."""

    frame: pl.DataFrame
    titles: pl.DataFrame | None

    @property
    def unknown(self) -> list[object]:
        """The users that the model does not know; they got the popular list."""
        return self.frame.filter(~pl.col("known"))["user"].unique(maintain_order=True).to_list()


@dataclass(frozen=True)
class Known:
    """The users, bool [U], and the items, bool [I], that the model's scores mean something for."""

    users: np.ndarray
    items: np.ndarray


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


def recommend(
    run: Run | str | Path,
    *,
    k: int = 10,
    users: Sequence[object] | None = None,
    ensemble: bool = False,
    device: str | None = None,
    on_event: OnEvent | None = None,
) -> pl.DataFrame:
    """The `k` items to show to each of `users`, with the best model of a run; without `users`, to everyone.

    With `ensemble`, by the blend that the search chose beside it.

    Columns: user, item (ids as the data have them), rank from 1, score, known (false: the popular list). A user asked
    for and unknown is text in a column of text.

    Raises:
        RunError: no model yet, an edited architecture, changed data, a foreign, damaged or missing model file.
        DataError: `k` is not positive, or no user is named.
    """
    named = None if users is None else [str(user) for user in users]
    work = recommend_events(directory_of(run), k, named, device, tick_of(on_event), ensemble=ensemble)
    return finish(work, on_event).frame


def recommend_events(
    run: RunDirectory,
    k: int,
    users: Sequence[str] | None = None,
    device: str | None = None,
    tick: Tick = no_tick,
    *,
    ensemble: bool = False,
) -> Work[Recommendations]:
    """The work of `recommend`, event by event, with the titles of the items."""
    if k < 1:
        raise DataError(f"k must be at least 1, not {k}")
    if users is not None and not users:
        raise DataError("the list of users is empty; name at least one, or leave it out for all users")
    config = read_config(run)
    yield Begun(run.path, config.main_metric)
    model = yield from load_best(run, resolve_device(device or config.device), tick, ensemble=ensemble)
    yield Phase("ranking the items")
    try:
        frame = ranked(
            model.recommender, model.prepared.split, model.prepared.device, k, users, known_to(model), config.seed
        )
    except TrialFailed as error:
        raise RunError(f"{run.model} cannot be used: {error}") from None
    found = Recommendations(frame, _titles(model.prepared.split))
    if found.unknown:
        few = ", ".join(map(str, found.unknown[:5])) + (" …" if len(found.unknown) > 5 else "")
        yield Note(f"{len(found.unknown)} user(s) unknown to the model got the most popular items: {few}")
    return found


def ranked(
    model: Recommender,
    split: Split,
    device: torch.device,
    k: int,
    users: Sequence[str] | None = None,
    known: Known | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """The table of `recommend`, from a model.

    `known`: None: the users and items of train. Other users get the popular list, and other items are shown to nobody.
    `seed` breaks ties: as a measurement of all users does, where one is made.

    Raises:
        TrialFailed: a score is not finite.
    """
    known = known or _trained(split)
    asked, number_S = _asked(split, users)
    user_R, row_S = np.unique(number_S, return_inverse=True)
    n_users = split.n_users + len(number_S)
    on_device_U = torch.zeros(n_users, dtype=torch.bool, device=device)
    on_device_U[: split.n_users] = torch.from_numpy(known.users)
    scorer = WithPopular(model, on_device_U, _popularity(split).to(device))
    ties = TieBreaker(split.n_items, split.n_users, seed, device).of(user_R % split.n_users)
    ranker = Ranker(user_R, split.parts, ties).among(np.flatnonzero(known.items))
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


def known_to(model: Model) -> Known:
    """The users and the items that the model's scores mean something for."""
    features, trained = features_of(model.prepared, model.architecture), _trained(model.prepared.split)
    return Known(
        known_rows(model.architecture, features, "users", trained.users),
        known_rows(model.architecture, features, "items", trained.items),
    )


def _trained(split: Split) -> Known:
    """The users and the items with an interaction in train."""
    train = split.train
    return Known(train.counts("users") > 0, train.counts("items") > 0)


def _asked(split: Split, users: Sequence[str] | None) -> tuple[pl.Series, np.ndarray]:
    """The ids to answer for, and their numbers; those of unknown users come behind all others."""
    if users is None:
        return split.user_ids, np.arange(split.n_users)
    number_S = user_numbers(split.user_ids, users)
    if (number_S >= 0).all():
        return split.user_ids.gather(number_S), number_S
    behind_S = split.n_users + np.arange(len(users))
    return pl.Series(users, dtype=pl.String), np.where(number_S < 0, behind_S, number_S)


def _popularity(split: Split) -> torch.Tensor:
    """How many users took each item, the test part included: float32 [I]."""
    keys = np.unique(np.concatenate([part.pair for part in split.parts]))
    return torch.from_numpy(np.bincount(keys % split.n_items, minlength=split.n_items)).float()


def _titles(split: Split) -> pl.DataFrame | None:
    column = next((name for name in TITLES if split.items is not None and name in split.items.columns), None)
    if column is None or split.items is None:
        return None
    return pl.DataFrame({"item": split.item_ids, "title": split.items[column]})
