"""Reads what users did beside the target: views, carts, ratings of another kind."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from gnas.config.behaviours import BehaviourConfig, behaviours_of
from gnas.config.data import ColumnsConfig, DataConfig
from gnas.data.readers import layout_of, open_sheet, table_of
from gnas.data.table import BEHAVIOUR, ROLES, Table
from gnas.errors import DataError
from gnas.registry import did_you_mean


@dataclass(frozen=True)
class Told:
    """A behaviour as files have it. `own`: its rows are those of the target, told apart by their rating alone."""

    table: Table
    own: bool = False


def told_apart(parts: Mapping[str, Table], config: DataConfig) -> tuple[dict[str, Table], dict[str, Told], list[str]]:
    """The rows of the target in each part, those of the behaviours that stand among them, and sentences on the rest.

    Raises:
        DataError: a word or a rating that no row has.
    """
    named = {name: one for name, one in behaviours_of(config.behaviours).items() if one.path is None}
    learned = next(iter(parts.values()))  # what is given for validation and test is not seen
    if config.columns.behaviour is None:
        return dict(parts), {name: Told(_rated(learned, name, one), own=True) for name, one in named.items()}, []
    counts = {part: table.frame[BEHAVIOUR].value_counts() for part, table in parts.items()}
    words = {part: dict(zip(count[BEHAVIOUR], count["count"], strict=True)) for part, count in counts.items()}
    target, here = str(config.target), next(iter(words.values()))
    for part, found in words.items():
        if target not in found:
            where = "" if part == "all" else f" of {part}"
            raise DataError(
                f"data.target is {target!r}, which no row{where} has in column {learned.columns[BEHAVIOUR]!r} "
                f"({did_you_mean(target, [word for word in found if word])})"
            )
    wanted = named or {word: BehaviourConfig() for word in here if word not in (target, None)}
    told = {}
    for name, one in wanted.items():
        word = name if one.value is None else str(one.value)
        if word not in here:
            raise DataError(
                f"data.behaviours.{name}: no row has {word!r} in column {learned.columns[BEHAVIOUR]!r} "
                f"({did_you_mean(word, [known for known in here if known])})"
            )
        rows = replace(learned, frame=learned.frame.filter(pl.col(BEHAVIOUR) == word).drop(BEHAVIOUR), guesses=[])
        told[name] = Told(_rated(rows, name, one))
    used = {target, *(name if one.value is None else str(one.value) for name, one in wanted.items())}
    kept = {
        part: replace(table, frame=table.frame.filter(pl.col(BEHAVIOUR) == target).drop(BEHAVIOUR))
        for part, table in parts.items()
    }
    return kept, told, _left_out(words, used, target)


def _left_out(words: Mapping[str, Mapping[str | None, int]], used: set[str], target: str) -> list[str]:
    """Sentences on rows that nobody reads."""
    first, *others = words.values()
    notes = [
        f"{count:,} rows {f'with the behaviour {word!r}' if word else 'without a behaviour'} are not read"
        for word, count in sorted(first.items(), key=lambda item: item[0] or "")
        if word not in used
    ]
    if held := sum(count for part in others for word, count in part.items() if word != target):
        notes.append(f"{held:,} rows of the files for validation and test are not of the target, and not read")
    return notes


def read_behaviour(name: str, spec: BehaviourConfig, config: DataConfig, base: Path) -> Told:
    """A behaviour in a file of its own; a column that is not told has the name of the target's, or is guessed.

    Raises:
        DataError: the file is missing, empty or broken.
    """
    path = base / Path(spec.path or "").expanduser()
    if path.is_dir():
        raise DataError(f"data.behaviours.{name}: {path} is a folder; name the file in it")
    try:
        sheet = open_sheet(path, layout_of(config), spec.format or config.format)
        own = {role: said for role in ROLES if (said := getattr(spec, role)) is not None}
        same = {
            role: said
            for role in ROLES
            if role not in own and isinstance(said := getattr(config.columns, role), str) and said in sheet.names
        }
        table = table_of(sheet, path, ColumnsConfig(**{**same, **own}))
    except DataError as error:
        raise DataError(f"data.behaviours.{name}: {error}".replace("data.columns", f"data.behaviours.{name}")) from None
    return Told(_rated(table, name, spec))


def _rated(table: Table, name: str, spec: BehaviourConfig) -> Table:
    """The rows whose rating lies within the bounds, without their ratings."""
    frame = table.frame
    if spec.by_rating:
        if "rating" not in frame.columns:
            raise DataError(f"data.behaviours.{name} goes by rating, but there is no column of ratings")
        rating, low, high = pl.col("rating"), spec.min_rating, spec.max_rating
        kept = frame if low is None else frame.filter(rating >= low)
        kept = kept if high is None else kept.filter(rating <= high)
        if kept.is_empty():
            bounds = f"{-math.inf if low is None else low:g} to {math.inf if high is None else high:g}"
            known = frame["rating"].drop_nulls().to_numpy()
            between = f"lie between {known.min():g} and {known.max():g}" if len(known) else "are all missing"
            raise DataError(f"data.behaviours.{name} leaves nothing: it takes {bounds}, and the ratings {between}")
        frame = kept
    return replace(table, frame=frame.drop("rating", strict=False))
