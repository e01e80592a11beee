"""The items to show to each user: those that the best model ranks highest and the user has not seen."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import scipy.sparse as sp
import torch

from gnas.config.architecture import Architecture
from gnas.data.interactions import Split
from gnas.errors import DataError
from gnas.events import Phase, Work
from gnas.nn.known import known_rows
from gnas.nn.recommender import Recommender
from gnas.run.prepared import Prepared, features_of
from gnas.run.saved import load_best, reopen, saved_architecture
from gnas.rundir.layout import RunDirectory

BLOCK_CELLS = 2**24
"""Scores held at a time."""


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
    return recommend(model, prepared.split, device, k, users, _known(prepared, architecture)), prepared


def recommend(
    model: Recommender,
    split: Split,
    device: torch.device,
    k: int,
    users: Sequence[str] | None = None,
    known: tuple[np.ndarray, np.ndarray] | None = None,
) -> pl.DataFrame:
    """The table of `recommend_run`, from a model.

    `known` are the users, bool [U], and the items, bool [I], that the model's scores mean something for; None: those of
    train. Other users get the popular list, and other items are shown to nobody.
    """
    known_U, known_I = known or _trained(split)
    asked, number_S = _asked(split, users)
    seen = _matrix(split)
    popularity_I = torch.as_tensor(np.asarray(seen.sum(axis=0)).ravel(), dtype=torch.float32, device=device)
    hidden_I = torch.as_tensor(~known_I, device=device)
    known_S = (number_S >= 0) & known_U[number_S]
    tables = []
    block = max(1, BLOCK_CELLS // split.n_items)
    for start in range(0, len(number_S), block):
        rows = slice(start, start + block)
        number_B, known_B = number_S[rows], known_S[rows]
        score_BI = popularity_I.repeat(len(number_B), 1)
        on_device_K = torch.as_tensor(np.flatnonzero(known_B), device=device)
        if len(on_device_K):
            score_BI[on_device_K] = model.score(torch.as_tensor(number_B[known_B], device=device)).float()
        score_BI.masked_fill_(hidden_I, -torch.inf)
        tables.append(_top(score_BI, seen, number_B, k).with_columns(pl.col("row") + start))
    top = pl.concat(tables) if tables else pl.DataFrame()
    return top.select(
        user=asked.gather(top["row"]),
        item=split.item_ids.gather(top["item"]),
        rank=top["rank"],
        score=top["score"],
        known=pl.Series(known_S).gather(top["row"]),
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
    """The ids to answer for, and their numbers; -1: unknown."""
    if users is None:
        return split.user_ids, np.arange(split.n_users)
    number_of = dict(zip(split.user_ids.cast(pl.String), range(split.n_users), strict=True))
    number_S = np.array([number_of.get(user, -1) for user in users], dtype=np.int64)
    if (number_S >= 0).all():
        return split.user_ids.gather(number_S), number_S
    return pl.Series(users, dtype=pl.String), number_S


def _matrix(split: Split) -> sp.csr_matrix:
    """Every known interaction, the test part included: nobody is shown what they already took [U, I]."""
    user = np.concatenate([part.user for part in split.parts])
    item = np.concatenate([part.item for part in split.parts])
    matrix = sp.csr_matrix((np.ones(len(user), np.float32), (user, item)), shape=(split.n_users, split.n_items))
    matrix.data[:] = 1.0
    return matrix


def _top(score_BI: torch.Tensor, seen: sp.csr_matrix, number_B: np.ndarray, k: int) -> pl.DataFrame:
    """The `k` best unseen items of each row: row, item, rank, score; fewer where fewer are left."""
    inside = np.flatnonzero(number_B >= 0)
    row_E, item_E = seen[number_B[inside]].nonzero()
    score_BI[torch.as_tensor(inside[row_E]), torch.as_tensor(item_E)] = -torch.inf
    value_BK, item_BK = score_BI.topk(min(k, score_BI.shape[1]), dim=1)
    kept_BK = (value_BK > -torch.inf).cpu().numpy()
    row, column = np.nonzero(kept_BK)
    return pl.DataFrame(
        {
            "row": row,
            "item": item_BK.cpu().numpy()[kept_BK],
            "rank": column + 1,
            "score": value_BK.cpu().numpy()[kept_BK],
        }
    )
