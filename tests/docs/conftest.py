import gc
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from gnas import plugins
from gnas.registry import Registry
from gnas.run import recommend, search  # noqa: F401 - all registries are there before the first example
from tests.cli.gnas_runner import write_clicks


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with the files that the pages name: small ones."""
    place = tmp_path_factory.mktemp("docs")
    clicks = pl.read_csv(write_clicks(place / "clicks.csv"))
    clicks.write_parquet(place / "clicks.parquet")
    items, users = clicks["product"].unique(maintain_order=True), clicks["customer"].unique(maintain_order=True)
    titles = [f"a title of kind {number % 3}" for number in range(len(items))]
    genres = ["drama" if number % 3 else "comedy" for number in range(len(items))]
    pl.DataFrame({"product": items, "title": titles, "genre": genres}).write_parquet(place / "items.parquet")
    kinds = ["series" if number % 2 else "author" for number in range(len(items) - 3)]
    pl.DataFrame({"a": items[:-3], "b": items[3:], "type": kinds}).write_csv(place / "related.csv")
    pl.DataFrame({"a": users[:-3], "b": users[3:]}).write_csv(place / "friends.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNAS_CACHE", str(place / "cache"))
        patch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
        patch.chdir(place)
        yield place


@pytest.fixture(autouse=True)
def _nothing_stays_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples add to the registries for the time of one test."""
    monkeypatch.setattr(plugins, "_loaded", {})
    for registry in [thing for thing in gc.get_objects() if type(thing) is Registry]:
        monkeypatch.setattr(registry, "_members", dict(registry._members))
    plugins.load_plugins.cache_clear()
    yield
    plugins.load_plugins.cache_clear()
