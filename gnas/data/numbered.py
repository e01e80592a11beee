"""Behaviours by the numbers of the target, without what held-out interactions hide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from gnas.data.behaviours import Told
from gnas.data.clean import Record
from gnas.data.interactions import Behaviour, Cut, Interactions, hidden_by, n_shared
from gnas.data.ordering import pair_order
from gnas.errors import DataError

FAR_S = 5 * 365 * 86_400
"""Times of two files with a gap of more than this between them are not those of one shop: a unit is wrong."""


@dataclass(frozen=True)
class Numbered:
    """Distinct pairs of a behaviour by the numbers of the target, and what became of the others."""

    log: Interactions
    record: dict[str, Any]


def numbered(
    told: Mapping[str, Told],
    known: tuple[pl.Series, pl.Series],
    read: tuple[pl.Series, pl.Series],
    *,
    keep: bool,
) -> tuple[dict[str, Numbered], tuple[pl.Series, pl.Series]]:
    """Each behaviour by numbers, and the ids of those numbers.

    Args:
        told: the behaviours as files have them.
        known: ids of the users and items of the target, after cleaning.
        read: the same before cleaning; what cleaning removed stays away.
        keep: whether ids that the target never had are added, behind all others and in order; or left out.

    Raises:
        DataError: nothing is left of a behaviour, or an id to be added is of another kind.
    """
    frames = {name: one.table.frame.drop_nulls() for name, one in told.items()}
    if keep:
        known = (
            _extended([frame["user"] for frame in frames.values()], known[0], read[0], "user"),
            _extended([frame["item"] for frame in frames.values()], known[1], read[1], "item"),
        )
    found = {}
    for name, frame in frames.items():
        user, item = place_of(frame["user"], known[0]), place_of(frame["item"], known[1])
        here = (user >= 0) & (item >= 0)
        if not here.any():
            examples = ", ".join(repr(frame[side][0]) for side in ("user", "item")) if len(frame) else "none"
            raise DataError(
                f"data.behaviours.{name}: none of its {len(told[name].table.frame):,} rows has a user and an item of "
                f"the target (the first: {examples}); check its columns, and that its ids are those of the target"
            )
        time = frame["time"].to_numpy()[here] if "time" in frame.columns else None
        log = _first(Interactions(user[here], item[here], len(known[0]), len(known[1]), time=time))
        away = {
            f"rows with {side}s that the target lacks": int((place_of(frame[side], ids) < 0).sum())
            for side, ids in zip(("user", "item"), read, strict=True)
        }
        rows = len(told[name].table.frame)
        details = {
            "rows": rows,
            "incomplete": rows - len(frame),
            **({} if keep else away),
            "users or items left out": int((~here).sum()),
            "repeated": int(here.sum()) - len(log),
        }
        found[name] = Numbered(log, {what: count for what, count in details.items() if count})
    return found, known


def place_of(ids: pl.Series, known: pl.Series) -> np.ndarray:
    """The place of each id among the `known`, int64; −1 where it is none of them."""
    if ids.dtype != known.dtype:
        ids, known = ids.cast(pl.String), known.cast(pl.String)
    table = pl.DataFrame({"id": known, "place": np.arange(len(known))})
    found = ids.to_frame("id").join(table, on="id", how="left", maintain_order="left")["place"]
    return found.fill_null(-1).to_numpy().astype(np.int64)


def _extended(columns: list[pl.Series], known: pl.Series, read: pl.Series, what: str) -> pl.Series:
    """`known`, then the ids of the columns that are not in `read`, in order."""
    text = pl.concat([column.filter(place_of(column, read) < 0).cast(pl.String) for column in columns]).unique()
    new = text.cast(known.dtype, strict=False)
    if new.null_count():
        wrong = text.filter(new.is_null()).sort()[0]
        raise DataError(
            f"data.behaviours.unknown is keep, but the {what} {wrong!r} is no whole number as those of the target are; "
            "fix or remove its rows, or drop the unknown"
        )
    return pl.concat([known, new.sort().alias(known.name)])


def _first(log: Interactions) -> Interactions:
    """Each pair once, with the first of its times, in order of user and item."""
    if log.time is not None:
        log = log.take(np.argsort(log.time, kind="stable"))
    log = log.take(pair_order(log.user, log.item, (log.n_users, log.n_items)))
    new = np.ones(len(log), dtype=bool)
    new[1:] = (log.user[1:] != log.user[:-1]) | (log.item[1:] != log.item[:-1])
    return log.take(new)


def hiding(
    found: Mapping[str, Numbered],
    told: Mapping[str, Told],
    parts: tuple[Interactions, ...],
    cuts: tuple[Cut, Cut],
    *,
    drops_pairs: bool,
) -> tuple[dict[str, Behaviour], list[Record]]:
    """The behaviours without what test hides, and a record of each: what was read, is hidden, concerns held-out pairs.

    Args:
        found: the behaviours by numbers.
        told: the same as files have them.
        parts: train, validation, test.
        cuts: whose held-out interactions of validation, and of test, end what may be seen.
        drops_pairs: whether held-out pairs are hidden.

    Raises:
        DataError: a split by time and a behaviour without times, or times that are those of another age.
    """
    behaviours, records = {}, []
    _, valid, test = parts
    for name, numbers in found.items():
        log, own = numbers.log, told[name].own
        drops = drops_pairs or own  # a rating of a held-out pair is what is to be predicted
        if log.time is None and cuts != ("none", "none"):
            raise DataError(
                f"data.behaviours.{name} has no times, but the split goes by time, so that nobody can tell what is "
                f"known before the cut; set data.behaviours.{name}.time, or take data.split.kind random"
            )
        if parts[0].time is not None and log.time is not None:
            _of_one_age(name, log.time, np.concatenate([part.time for part in parts if part.time is not None]))
        hidden = hidden_by(log, test, cuts[1], drops_pairs=drops)
        behaviour = Behaviour(log.take(~hidden), cuts[0], drops)
        seen = behaviour.before(valid)
        concerned = {part: n_shared(log, held) for part, held in (("valid", valid), ("test", test)) if len(held)}
        record = {
            "step": f"behaviour {name}",
            "interactions": len(seen),
            "users": int(np.count_nonzero(seen.counts("users"))),
            "items": int(np.count_nonzero(seen.counts("items"))),
            "behaviour": name,
            "guesses": [] if own else told[name].table.guesses,
            **numbers.record,
            "hidden": len(log) - len(seen),
            "held-out pairs": {**concerned, "held_out": "drop" if drops else "keep"},
        }
        if not len(seen):
            raise DataError(
                f"data.behaviours.{name}: none of its {len(log):,} pairs may be seen: with this split all of them are "
                "held out or lie behind the cut; leave it out, or change data.split"
            )
        behaviours[name] = behaviour
        records.append(record)
    return behaviours, records


def _of_one_age(name: str, time: np.ndarray, target: np.ndarray) -> None:
    """Refuse times that lie years before or behind those of the target: one of both counts in another unit."""
    gap = max(int(target.min()) - int(time.max()), int(time.min()) - int(target.max()))
    if gap > FAR_S:
        (low, high), (first, last) = ((np.array([t.min(), t.max()], "datetime64[s]")) for t in (time, target))
        raise DataError(
            f"data.behaviours.{name}: its times go from {str(low)[:10]} to {str(high)[:10]}, those of the target from "
            f"{str(first)[:10]} to {str(last)[:10]}; one of the two is in another unit than gnas takes it for; write "
            "seconds, milliseconds or dates in both"
        )
