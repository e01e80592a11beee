"""What the `gnas data` commands do once their words are read."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gnas.cli.output import Output
from gnas.cli.work import watch
from gnas.config import shipped
from gnas.data.cache import is_cached
from gnas.data.catalog import CATALOG
from gnas.data.describe import describe
from gnas.errors import RunError
from gnas.features.describe import describe_links
from gnas.report.progress import Progress
from gnas.report.steps import steps_table
from gnas.report.tables import Cell, Table
from gnas.run.configure import Asked, settle, settle_config
from gnas.run.data import LoadedData, describe_tables, load_data, write_parts
from gnas.rundir.beginning import steps_of

INNER_FILES = (".yaml", ".yml")


def catalogue(output: Output) -> None:
    """The table of `gnas data list`."""
    document, rows = [], []
    for name, known in CATALOG.items():
        here = is_cached(known)
        document.append(
            {"name": name, "summary": known.summary, "licence": known.licence, "home": known.home, "here": here}
        )
        rows.append((name, known.summary, "yes" if here else "downloads", known.licence))
    output.result(
        {"data_sets": document},
        Table(("name", "what", "here", "licence"), tuple(rows)),
        "\nSearch on one with `gnas search --data NAME`.",
    )


def describe_data(source: str, overrides: list[str], seed: int | None, output: Output) -> None:
    """Counts, steps and features of some data."""
    settled = settle(_asked(source, overrides, seed))
    progress = Progress("ndcg@20")
    loaded = watch(load_data(settled.config, progress.tick), progress, output)
    found = describe(loaded.split)
    features, cleaning = describe_tables(loaded, settled.space)
    parts: list[str | Table] = [_counts(found), "", steps_table(steps_of(loaded.split.report))]
    parts += [f"guess: {guess}" for guess in found["guesses"]]
    if features:
        names = ("side", "column", "type", "missing", "different", "encoders", "read", "examples")
        rows = tuple(
            (f.side, f.column, f.type, f.missing, f.cardinality, f.encoder, f.cache, ", ".join(f.examples)[:60])
            for f in features
        )
        parts += ["", Table(names, rows, "Features")]
    links = [link for table in loaded.tables.values() for link in describe_links(table)]
    if links:
        sets = tuple((one.side, one.name, one.pairs, one.linked, f"{one.share:.1%}") for one in links)
        parts += ["", Table(("side", "links", "pairs", "linked", "share of the side"), sets, "Links")]
    if cleaning:
        columns = ("side", "column", "step", "count", "detail")
        steps = tuple(tuple(step[name] for name in columns) for step in cleaning)
        parts += ["", Table(columns, steps, "Cleaning of features")]
    told = {"features": [asdict(f) for f in features], "links": [asdict(one) for one in links], "cleaning": cleaning}
    output.result({**found, **told}, *parts)


def prepare_data(source: str, out: str | None, overrides: list[str], seed: int | None, output: Output) -> None:
    """Everything ready to be searched; the parts as files, where a folder is named."""
    folder = None if out is None else Path(out)
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise RunError(f"{folder} exists and is not empty; give --out a new folder")
    loaded = _load(source, overrides, seed, output)
    found = describe(loaded.split)
    parts: list[str | Table] = [_counts(found)]
    files: dict[str, str] = {}
    if folder is not None:
        files = {part: str(path) for part, path in write_parts(loaded.split, folder).items()}
        parts += [f"{part}: {path}" for part, path in files.items()]
    output.result({**found, "files": files}, *parts)


def _asked(source: str, overrides: list[str], seed: int | None) -> Asked:
    is_config = source in shipped.names("configs") or source.endswith(INNER_FILES)
    if is_config and source not in CATALOG:
        return Asked(source, None, {"seed": seed}, overrides)
    return Asked(None, source, {"seed": seed}, overrides)


def _load(source: str, overrides: list[str], seed: int | None, output: Output) -> LoadedData:
    config = settle_config(_asked(source, overrides, seed))
    progress = Progress("ndcg@20")
    return watch(load_data(config, progress.tick), progress, output)


def _counts(found: dict[str, Any]) -> Table:
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


def _span(spread: dict[str, float]) -> str:
    return f"{spread['median']:g} ({spread['min']:g} to {spread['max']:g})"
