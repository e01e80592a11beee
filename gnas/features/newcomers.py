"""Users and items that occur in a feature table and in no interaction. They are numbered last."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from gnas.config.data import DataConfig
from gnas.config.tables import FeatureTableConfig
from gnas.data.fingerprint import fingerprint
from gnas.data.interactions import Side, Split
from gnas.errors import DataError
from gnas.features.table import keyed_rows


def with_newcomers(split: Split, config: DataConfig, base: Path) -> Split:
    """The same interactions over more users or items: those of the tables that say `new: true`.

    Their numbers come behind all others, in the order of their ids; an id whose interactions cleaning removed is one of
    them. The fingerprint follows, and the report says how many there are.

    Raises:
        DataError: a table cannot be read, or has an id of another kind than the interactions.
    """
    user_ids = _extended(config.users, split.user_ids, base, "users")
    item_ids = _extended(config.items, split.item_ids, base, "items")
    n_users, n_items = len(user_ids), len(item_ids)
    more = n_users - split.n_users, n_items - split.n_items
    if not any(more):
        return split
    train, valid, test = (replace(part, n_users=n_users, n_items=n_items) for part in split.parts)
    behaviours = {name: one.resized(n_users, n_items) for name, one in split.behaviours.items()}
    found = {"new users": more[0], "new items": more[1]}
    step: dict[str, Any] = {
        "step": "new",
        "interactions": sum(map(len, split.parts)),
        "users": n_users,
        "items": n_items,
    }
    return Split(
        train,
        valid,
        test,
        user_ids,
        item_ids,
        fingerprint((train, valid, test), user_ids, item_ids, behaviours),
        [*split.report, step | found],
        _longer(split.users, more[0]),
        _longer(split.items, more[1]),
        behaviours,
    )


def _extended(config: FeatureTableConfig | None, ids: pl.Series, base: Path, side: Side) -> pl.Series:
    """`ids`, then those of the table that are not among them."""
    if config is None or not config.new:
        return ids
    told = pl.concat([keyed_rows(config, path, ids, base, [])[0][""] for path in config.paths]).unique()
    added = told.filter(~told.is_in(ids.cast(pl.String).implode()))
    same_kind = added.cast(ids.dtype, strict=False)
    if same_kind.null_count():
        wrong = added.filter(same_kind.is_null()).sort()[0]
        raise DataError(
            f"data.{side}.new: the table has the id {wrong!r}, but the ids of the interactions are whole numbers; fix "
            f"or remove that row"
        )
    return pl.concat([ids, same_kind.sort().alias(ids.name)])


def _longer(frame: pl.DataFrame | None, n: int) -> pl.DataFrame | None:
    """`n` more rows of which nothing is known."""
    return frame if frame is None or not n else pl.concat([frame, frame.clear(n)])
