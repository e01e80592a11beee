"""Data without a run: to be looked at, or written out ready for other tools."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gnas.config.encoders import EncoderSpec
from gnas.config.run import RunConfig
from gnas.data.cache import cache_folder
from gnas.data.interactions import Interactions, Split
from gnas.data.prepare import prepare
from gnas.errors import RunError
from gnas.events import Phase, Work
from gnas.features.describe import ColumnSummary, cleaning_steps, describe_features
from gnas.features.newcomers import with_newcomers
from gnas.features.table import FeatureTable, Side, load_tables
from gnas.run.prepared import Tick, feature_specs, no_tick
from gnas.space.search_space import SearchSpace


@dataclass(frozen=True)
class LoadedData:
    """A split, and the feature tables of its users and items."""

    split: Split
    tables: dict[Side, FeatureTable]


def load_data(config: RunConfig, tick: Tick = no_tick) -> Work[LoadedData]:
    """Read, clean and split the data of a configuration whose paths are absolute."""
    yield Phase("reading the data")
    split = with_newcomers(prepare(config.data, config.seed, Path.cwd(), tick), config.data, Path.cwd())
    return LoadedData(split, load_tables(config.data, split, Path.cwd()))


def describe_tables(loaded: LoadedData, space: SearchSpace) -> tuple[list[ColumnSummary], list[dict[str, Any]]]:
    """Every feature column with the encoders of `space` that may read it and what they have read, and the cleaning."""
    encoders: dict[str, dict[str, EncoderSpec]] = {}
    for spec in feature_specs(space, 0):
        for modality, encoder in spec.encoders.items():
            encoders.setdefault(modality, {}).setdefault(encoder.kind, encoder)
    by_modality = {modality: [found[kind] for kind in sorted(found)] for modality, found in encoders.items()}
    columns, steps = [], []
    train = loaded.split.train
    for side, table in loaded.tables.items():
        columns += describe_features(table, by_modality, cache_folder())
        numbers, n = (train.user, train.n_users) if side == "users" else (train.item, train.n_items)
        steps += cleaning_steps(table, np.bincount(numbers, minlength=n) > 0)
    return columns, steps


def write_parts(split: Split, folder: Path) -> dict[str, Path]:
    """Write `train.parquet`, `valid.parquet` and `test.parquet`, with the ids as the data have them.

    Raises:
        RunError: the folder cannot be written.
    """
    written = {}
    for name, part in (("train", split.train), ("valid", split.valid), ("test", split.test)):
        if len(part):
            written[name] = folder / f"{name}.parquet"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                part_frame(split, part).write_parquet(written[name])
            except OSError as error:
                raise RunError(f"cannot write into {folder}: {error.strerror}; give --out a writable folder") from None
    return written


def part_frame(split: Split, part: Interactions) -> pl.DataFrame:
    """One part as a table: user, item, and rating and time where there are any."""
    columns = {"user": split.user_ids.gather(part.user), "item": split.item_ids.gather(part.item)}
    if part.rating is not None:
        columns["rating"] = pl.Series(part.rating)
    if part.time is not None:
        columns["time"] = pl.Series(part.time)
    return pl.DataFrame(columns)
