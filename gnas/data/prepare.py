"""From a data configuration to a split: read, clean, split, number, fingerprint."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.config.behaviours import rule_of
from gnas.config.data import DataConfig, SplitConfig
from gnas.data.attributes import in_order
from gnas.data.clean import Record, Rows, clean, drop_missing
from gnas.data.download import Progress
from gnas.data.fingerprint import fingerprint
from gnas.data.interactions import SIDES, Behaviour, Cut, Interactions, Split, n_unknown
from gnas.data.numbered import hiding, numbered
from gnas.data.sources import Origin, open_origin
from gnas.data.split import TEST, TRAIN, VALID, split_parts
from gnas.data.vocabulary import compact, encode
from gnas.errors import DataError

PART = {"all": TRAIN, "train": TRAIN, "valid": VALID, "test": TEST}


def prepare(config: DataConfig, seed: int, base: Path, progress: Progress | None = None) -> Split:
    """Read what `config` names, clean it, split it.

    Users and items are numbered in the sorted order of their ids, and each part is sorted by user and item, so that the
    order of the rows in the file does not matter. Where files are split already, validation is carved from train if it
    is not given (and test too, unless its share is 0).

    Args:
        config: what to read and how.
        seed: of the split and of the sample of users.
        base: the folder that relative paths start from.
        progress: called while files are downloaded.

    Raises:
        DataError: the data cannot be read, or nothing useful is left of them; one sentence says what to change.
    """
    origin = open_origin(config, base, progress)
    rows, *every, report = _numbered(origin)
    rows, steps = clean(rows, config.filter, seed)
    log = rows.interactions
    user, kept_users = compact(log.user, log.n_users)
    item, kept_items = compact(log.item, log.n_items)
    user_ids, item_ids = every[0].gather(kept_users), every[1].gather(kept_items)
    _at_least_two(user_ids, "user", origin, len(kept_users) < log.n_users)
    _at_least_two(item_ids, "item", origin, len(kept_items) < log.n_items)
    log = Interactions(user, item, len(user_ids), len(item_ids), log.rating, log.time)
    part, split_record = _share_out(log, rows.part, set(origin.parts), config.split, seed)
    parts = (log.take(part == TRAIN), log.take(part == VALID), log.take(part == TEST))
    _nothing_empty(parts, config.split)
    records = [*report, *steps, split_record | _unknown_in_train(parts)]
    behaviours: dict[str, Behaviour] = {}
    if origin.behaviours:
        keep = rule_of(config.behaviours, "unknown") == "keep"
        found, (user_ids, item_ids) = numbered(origin.behaviours, (user_ids, item_ids), (every[0], every[1]), keep=keep)
        n_users, n_items = len(user_ids), len(item_ids)
        train, valid, test = (replace(part, n_users=n_users, n_items=n_items) for part in parts)
        parts = train, valid, test
        cuts = _cut(VALID, parts, set(origin.parts), config.split), _cut(TEST, parts, set(origin.parts), config.split)
        drops = rule_of(config.behaviours, "held_out") == "drop"
        behaviours, told = hiding(found, origin.behaviours, parts, cuts, drops_pairs=drops)
        records += told
    return Split(
        *parts,
        user_ids,
        item_ids,
        fingerprint(parts, user_ids, item_ids, behaviours),
        records,
        in_order(origin.users, user_ids),
        in_order(origin.items, item_ids),
        behaviours,
    )


def _cut(which: int, parts: tuple[Interactions, ...], given: set[str], config: SplitConfig) -> Cut:
    """Whose interactions of a part end what may be seen of behaviours: as the split goes by time, or not."""
    timed = parts[which].time is not None
    if given == {"all"} or ("test" if which == TEST else "valid") not in given:
        kinds: dict[str, Cut] = {"global-time": "everyone", "user-time": "user", "leave-out": "user"}
        return kinds.get(config.kind, "none") if timed else "none"
    before = [part.time.max() for part in parts[:which] if part.time is not None and len(part)]
    time = parts[which].time
    follows = time is not None and len(time) > 0 and bool(before) and max(before) <= time.min()
    return "everyone" if follows else "none"


def _numbered(origin: Origin) -> tuple[Rows, pl.Series, pl.Series, list[Record]]:
    """All parts as one, complete rows alone, with the ids of the numbers; and the records of reading."""
    frame, notes = _merged(origin)
    first: Record = {"step": "read", "interactions": len(frame), "guesses": origin.guesses + notes}
    frame, second = drop_missing(frame, origin.name)
    user, user_ids = encode(frame["user"])
    item, item_ids = encode(frame["item"])
    rating = frame["rating"].to_numpy().astype(np.float32) if "rating" in frame.columns else None
    time = frame["time"].to_numpy() if "time" in frame.columns else None
    log = Interactions(user, item, len(user_ids), len(item_ids), rating, time)
    sizes = {"interactions": len(log), "users": log.n_users, "items": log.n_items}
    return (
        Rows(log, frame["part"].to_numpy()),
        user_ids,
        item_ids,
        [first | {"columns": next(iter(origin.parts.values())).columns}, second | sizes],
    )


def _merged(origin: Origin) -> tuple[pl.DataFrame, list[str]]:
    """One frame of all parts with a column `part`; a column that some part lacks is left out of all."""
    frames = {name: table.frame for name, table in origin.parts.items()}
    shared = [
        column for column in next(iter(frames.values())).columns if all(column in f.columns for f in frames.values())
    ]
    dropped = sorted({column for frame in frames.values() for column in frame.columns} - set(shared))
    notes = [f"{column} is left out: not every part has it" for column in dropped]
    text = [column for column in ("user", "item") if len({frame[column].dtype for frame in frames.values()}) > 1]
    merged = [
        frame.select(
            pl.col(column).cast(pl.String) if column in text else pl.col(column) for column in shared
        ).with_columns(pl.lit(PART[name], dtype=pl.Int8).alias("part"))
        for name, frame in frames.items()
    ]
    return pl.concat(merged), notes


def _at_least_two(ids: pl.Series, what: str, origin: Origin, filtered: bool) -> None:
    if len(ids) < 2:
        after = " after cleaning (data.filter)" if filtered else ""
        raise DataError(
            f"{origin.name} has one {what} alone ({ids[0]!r}){after}; to recommend, at least two are needed; check "
            f"data.columns.{what}"
        )


def _share_out(
    log: Interactions, given: np.ndarray, names: set[str], config: SplitConfig, seed: int
) -> tuple[np.ndarray, Record]:
    """The part of each interaction, and the record of the split."""
    if names == {"all"}:
        carved = {"valid": config.valid, "test": config.test}
        part = split_parts(log, config, seed)
    else:
        carved = {name: getattr(config, name) for name in ("valid", "test") if name not in names}
        part = given.copy()
        if any(carved.values()):
            # Not validated again: a share may be 0 here.
            shares = config.model_copy(update={"valid": 0.0, "test": 0.0} | carved)
            rows = np.flatnonzero(given == TRAIN)
            part[rows] = split_parts(log.take(rows), shares, seed)
    details: dict[str, Any] = {"given": sorted(names - {"all"})}
    if any(carved.values()):
        details |= {"kind": config.kind, "shares": carved}
    sizes = {name: int(np.count_nonzero(part == PART[name])) for name in ("train", "valid", "test")}
    return part, {
        "step": "split",
        "interactions": len(log),
        "users": log.n_users,
        "items": log.n_items,
    } | sizes | details


def _unknown_in_train(parts: tuple[Interactions, ...]) -> Record:
    """How many users and items of validation and test do not occur in train; they stay, and cannot be learnt."""
    train, *others = parts
    return {
        f"{side} of {name} not in train": n_unknown(train, part, side)
        for side in SIDES
        for name, part in zip(("valid", "test"), others, strict=True)
    }


def _nothing_empty(parts: tuple[Interactions, ...], config: SplitConfig) -> None:
    sizes = dict(zip(("train", "valid", "test"), map(len, parts), strict=True))
    for name, size in sizes.items():
        if not size and not (name == "test" and config.test == 0):
            had = ", ".join(f"{other} {count:,}" for other, count in sizes.items())
            raise DataError(
                f"nothing is left for {name} after the split ({had}); give more data, or change data.split "
                f"({config.kind}, valid {config.valid:g}, test {config.test:g})"
            )
