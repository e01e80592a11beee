"""A metric from outside: aimed at, measured of candidates and baselines, shown in tables."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from gnas import plugins
from gnas.metrics import METRICS
from tests.cli.gnas_runner import Gnas, search_words

LATE = '''
from gnas.metrics import Lists, list_metric


@list_metric("late", "minimize")
def late(lists: Lists):
    """Share of users without a hit among the first half of their list."""
    return 1.0 - lists.hit_UK[:, : lists.k // 2].any(1).double()
'''


@pytest.fixture(autouse=True)
def _nothing_stays_loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plugins, "_loaded", {})
    monkeypatch.setattr(METRICS, "_members", dict(METRICS._members))
    plugins.load_plugins.cache_clear()
    yield
    plugins.load_plugins.cache_clear()


def test_a_metric_from_outside_is_aimed_at_and_shown(place: Path, gnas: Gnas, tmp_path: Path) -> None:
    code = tmp_path / "late.py"
    code.write_text(LATE)
    run = tmp_path / "run"
    ran = gnas(*search_words(place, run), "--objective", "late@6", "--code", code)
    assert ran.code == 0, ran.err
    assert "late@6" in ran.out.splitlines()[0], "the verdict"
    values = pl.read_parquet(run / "trials.parquet").filter(state="complete")["late@6"]
    assert values.is_between(0, 1).all()
    baselines = json.loads((run / "baselines.json").read_text())["baselines"]
    assert all(0 <= one["metrics"]["late@6"] <= 1 for one in baselines)
    looked = gnas("evaluate", run, "--json")
    assert looked.code == 0, looked.err
    own = looked.document["metrics"]["late@6"]
    assert own["low"] <= own["value"] <= own["high"], "a mean over users"
