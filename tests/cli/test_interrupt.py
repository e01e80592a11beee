"""Ctrl-C in a real process, then the search goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.cli.gnas_runner import run_gnas

ROOT = Path(__file__).parents[2]
MEASURED = ("wall_s", "train_s", "latency_ms", "peak_mib")


def words_of(place: Path, out: Path) -> list[str]:
    return [
        "search", "--data", str(place / "clicks.csv"), "--space", str(place / "space.yaml"), "--out", str(out),
        "--trials", "3", "--set", "search.baselines=false", "--set", "search.confirm.top=0",
        "--set", "train={epochs: 60, patience: 60}",
    ]  # fmt: skip


def start(place: Path, out: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "gnas", *words_of(place, out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(words, text=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_epochs(out: Path, trial: str, n: int) -> None:
    path = out / "trials" / trial / "epochs.jsonl"
    end = time.monotonic() + 60
    while not path.exists() or len(path.read_text().splitlines()) < n:
        assert time.monotonic() < end, "no epoch within a minute"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def uninterrupted(place: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    out = tmp_path_factory.mktemp("whole") / "run"
    assert run_gnas(*words_of(place, out)).code == 0
    return pl.read_parquet(out / "trials.parquet").drop(MEASURED)


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGINT, id="Ctrl-C"), pytest.param(signal.SIGTERM, id="SIGTERM", marks=pytest.mark.slow)],
)
def test_one_signal_stops_cleanly_and_the_search_goes_on_as_if_nothing_had_been(
    number: int, place: Path, uninterrupted: pl.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    with start(place, out) as process:
        wait_for_epochs(out, "0001", 2)
        process.send_signal(number)
        said, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "stopping after the current step" in log
    assert f"gnas search --resume {out}" in said
    assert "Traceback" not in log
    assert pl.read_parquet(out / "trials.parquet").height == 1, "the half-done trial is not counted"
    resumed = run_gnas("search", "--resume", out, "--json")
    assert resumed.code == 0, resumed.err
    assert pl.read_parquet(out / "trials.parquet").drop(MEASURED).equals(uninterrupted)


@pytest.mark.slow
def test_a_second_signal_ends_at_once(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with start(place, out) as process:
        wait_for_epochs(out, "0000", 1)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode in (1, 130, 0), "0: the first one was served before the second came"
    assert run_gnas("search", "--resume", out).code == 0
