"""Data sets without a run: listed, described, or written out for other tools."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Unpack

import polars as pl

from gnas.config.encoders import EncoderSpec
from gnas.config.run import RunConfig
from gnas.data.cache import cache_folder, is_cached
from gnas.data.catalog import CATALOG
from gnas.data.describe import describe
from gnas.data.interactions import Interactions, Side, Split
from gnas.errors import RunError
from gnas.events import OnEvent, finish, tick_of
from gnas.features.describe import ColumnSummary, LinkSummary, cleaning_steps, describe_features, describe_links
from gnas.features.table import FeatureTable, load_tables
from gnas.report.documents import Document
from gnas.report.shown import Shown
from gnas.report.steps import steps_table
from gnas.report.tables import Cell, Table
from gnas.run.configure import settle, settle_config
from gnas.run.prepared import feature_specs, read_split
from gnas.run.settings import Asked, Settings, asked_for
from gnas.rundir.beginning import steps_of
from gnas.space.search_space import SearchSpace

Source = str | Path | RunConfig
"""A file, a folder, a named data set; or a configuration, by name, path or as it is."""


@dataclass(frozen=True, repr=False)
class DataSets(Shown):
    """The named data sets, and whether each is here already."""

    here: Mapping[str, bool]

    def summary(self) -> list[str | Table]:
        """One line for each, with its licence."""
        rows = ((name, CATALOG[name].summary, "yes" if here else "downloads", CATALOG[name].licence)
                for name, here in self.here.items())  # fmt: skip
        return [
            Table(("name", "what", "here", "licence"), tuple(rows)),
            "\nSearch on one with `gnas search --data NAME`.",
        ]

    def document(self) -> Document:
        """The same for a machine."""
        known = ((name, CATALOG[name], here) for name, here in self.here.items())
        sets = [{"name": name, "summary": one.summary, "licence": one.licence, "home": one.home, "here": here}
                for name, one, here in known]  # fmt: skip
        return {"data_sets": sets}


@dataclass(frozen=True, repr=False)
class Description(Shown):
    """Counts, steps and features of some data; `facts` are those of `gnas.data.describe`."""

    facts: Mapping[str, Any]
    features: Sequence[ColumnSummary] = ()
    links: Sequence[LinkSummary] = ()
    cleaning: Sequence[Mapping[str, Any]] = ()

    def summary(self) -> list[str | Table]:
        """Tables of what there is."""
        parts: list[str | Table] = [_counts(self.facts), "", steps_table(steps_of(self.facts["report"]))]
        parts += [f"guess: {guess}" for guess in self.facts["guesses"]]
        if "behaviours" in self.facts:
            parts += ["", *_behaviours(self.facts)]
        if self.features:
            names = ("side", "column", "type", "missing", "different", "encoders", "read", "examples")
            rows = tuple(
                (f.side, f.column, f.type, f.missing, f.cardinality, f.encoder, f.cache, ", ".join(f.examples)[:60])
                for f in self.features
            )
            parts += ["", Table(names, rows, "Features")]
        if self.links:
            sets = tuple((one.side, one.name, one.pairs, one.linked, f"{one.share:.1%}") for one in self.links)
            parts += ["", Table(("side", "links", "pairs", "linked", "share of the side"), sets, "Links")]
        if self.cleaning:
            columns = ("side", "column", "step", "count", "detail")
            steps = tuple(tuple(step[name] for name in columns) for step in self.cleaning)
            parts += ["", Table(columns, steps, "Cleaning of features")]
        return parts

    def document(self) -> Document:
        """The same for a machine."""
        features, links = [asdict(one) for one in self.features], [asdict(one) for one in self.links]
        return {**self.facts, "features": features, "links": links, "cleaning": list(self.cleaning)}


@dataclass(frozen=True, repr=False)
class Parts(Shown):
    """The parts of some data, and the files they were written to, if they were."""

    facts: Mapping[str, Any]
    files: Mapping[str, Path] = field(default_factory=dict)

    def summary(self) -> list[str | Table]:
        """Counts, then the files."""
        return [_counts(self.facts), *(f"{part}: {path}" for part, path in self.files.items())]

    def document(self) -> Document:
        """The same for a machine."""
        return {**self.facts, "files": {part: str(path) for part, path in self.files.items()}}


def data_sets() -> DataSets:
    """The named data sets."""
    return DataSets({name: is_cached(known) for name, known in CATALOG.items()})


def describe_data(data: Source, *, on_event: OnEvent | None = None, **settings: Unpack[Settings]) -> Description:
    """Read, clean and split some data, and say what is in them.

    Raises:
        ConfigError, DataError: something in the configuration or the data is wrong.
    """
    settled = settle(_asked(data, settings))
    split = finish(read_split(settled.config, Path.cwd(), tick_of(on_event)), on_event)
    tables = load_tables(settled.config.data, split, Path.cwd())
    features, cleaning = describe_tables(split, tables, settled.space)
    links = [link for table in tables.values() for link in describe_links(table)]
    return Description(describe(split), features, links, cleaning)


def prepare_data(
    data: Source, out: str | Path | None = None, *, on_event: OnEvent | None = None, **settings: Unpack[Settings]
) -> Parts:
    """Download, clean and split some data; with `out`, a new folder, the parts are written as Parquet files.

    Raises:
        ConfigError, DataError, RunError: something in what was given is wrong.
    """
    folder = None if out is None else Path(out)
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise RunError(f"{folder} exists and is not empty; give --out a new folder")
    config = settle_config(_asked(data, settings))
    split = finish(read_split(config, Path.cwd(), tick_of(on_event)), on_event)
    load_tables(config.data, split, Path.cwd())  # tells what is wrong with them
    return Parts(describe(split), {} if folder is None else write_parts(split, folder))


def _asked(data: Source, settings: Settings) -> Asked:
    """As for a search, but a name that data and a configuration share is that of the data."""
    return asked_for(Asked(None, data) if isinstance(data, str) and data in CATALOG else data, settings)


def describe_tables(
    split: Split, tables: Mapping[Side, FeatureTable], space: SearchSpace
) -> tuple[list[ColumnSummary], list[dict[str, Any]]]:
    """Every feature column with the encoders of `space` that may read it and what they have read, and the cleaning."""
    encoders: dict[str, dict[str, EncoderSpec]] = {}
    for spec in feature_specs(space, 0):
        for modality, encoder in spec.encoders.items():
            encoders.setdefault(modality, {}).setdefault(encoder.kind, encoder)
    by_modality = {modality: [found[kind] for kind in sorted(found)] for modality, found in encoders.items()}
    columns, steps = [], []
    for side, table in tables.items():
        columns += describe_features(table, by_modality, cache_folder())
        steps += cleaning_steps(table, split.train.counts(side) > 0)
    return columns, steps


def write_parts(split: Split, folder: Path) -> dict[str, Path]:
    """Write `train.parquet`, `valid.parquet` and `test.parquet`, with the ids as the data have them.

    Each behaviour has a file of its own, with the first time of each pair; what test hides is left out.

    Raises:
        RunError: the folder cannot be written.
    """
    written = {}
    behaviours = {name: one.log for name, one in split.behaviours.items()}
    for name, part in {"train": split.train, "valid": split.valid, "test": split.test, **behaviours}.items():
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


def _counts(found: Mapping[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        ("users", f"{found['n_users']:,}"),
        ("items", f"{found['n_items']:,}"),
        ("interactions", f"{found['n_interactions']:,}"),
        *((part, f"{found[f'n_{part}']:,}") for part in ("train", "valid", "test")),
        ("density", f"{found['density']:.4%}"),
        ("per user, median (min to max)", _span(found["per_user"])),
        ("per item, median (min to max)", _span(found["per_item"])),
        ("fingerprint", found["fingerprint"][:16]),
    ]
    return Table(("what", "how much"), tuple(rows))


def _behaviours(facts: Mapping[str, Any]) -> list[str | Table]:
    """Each behaviour, and what it shares with the target and with the others."""
    found = facts["behaviours"]
    sizes = {part: facts[f"n_{part}"] for part in ("train", "valid", "test")}
    names = ("behaviour", "pairs", "users", "items", "hidden", *(f"{part} in it" for part in sizes), "of it in train")
    rows = tuple(
        (name, f"{one['pairs']:,}", f"{one['users']:,}", f"{one['items']:,}", f"{one['hidden']:,}",
         *(_share(one[f"of {part}"], n) for part, n in sizes.items()), _share(one["of train"], one["pairs"]))
        for name, one in found.items()
    )  # fmt: skip
    told: list[str | Table] = [Table(names, rows, "Behaviours: what may be seen, and how much of each part is in it")]
    if len(found) > 1:
        shared = tuple(
            (name, *("" if other == name else _share(one["shared"][other], one["pairs"]) for other in found))
            for name, one in found.items()
        )
        told += ["", Table(("of the pairs of", *(f"in {name}" for name in found)), shared, "Behaviours in common")]
    for step in facts["report"]:
        if "behaviour" in step and any(step["held-out pairs"].get(part) for part in ("valid", "test")):
            told.append(held_out_told(step))
    return told


def held_out_told(step: Mapping[str, Any]) -> str:
    """How many held-out pairs stand in a behaviour, and what became of them."""
    pairs = step["held-out pairs"]
    of = {"valid": "of validation", "test": "of test"}
    counts = " and ".join(f"{pairs[part]:,} {words}" for part, words in of.items() if pairs.get(part))
    fate = "which is hidden" if pairs["held_out"] == "drop" else "kept; `data.behaviours.held_out: drop` hides it"
    return f"{step['behaviour']}: stands beside held-out pairs, {counts}: {fate}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else "0"


def _span(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:g} ({spread['min']:g} to {spread['max']:g})"
