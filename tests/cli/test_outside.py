"""Things from outside the package, one of each kind: searched with, interrupted, resumed, measured and served."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from gnas.rng import numpy_rng

ROOT = Path(__file__).parents[2]
GARDEN = ROOT / "tests/plugin"
SPACE = """\
propagation: {{choice: {{{operator}: {{depth: {{int: [1, 2]}}}}, none: {{}}}}}}
loss: {{choice: {{{loss}: {{}}, bpr: {{}}}}}}
dim: {{choice: [4, 8, 16]}}
lr: {{float: [1e-3, 1e-1], log: true}}
features: {features}
epochs: 4
"""
CONFIG = """\
data: {{source: clicks.{ending}, items: {{path: items.csv, columns: {{title: text}}}}}}
space: space.yaml
search: {{sampler: {sampler}, trials: {trials}, objective: {metric}@5, confirm: {{top: 1, seeds: 1}}}}
train: {{epochs: 4}}
evaluate: {{bootstrap: 200, cutoffs: [5]}}
"""


def write_place(folder: Path, separator: str, space: dict[str, str], config: dict[str, object]) -> None:
    """Data, a table of items, a space and a configuration that name what comes from outside."""
    rng = numpy_rng(0, "outside")
    pairs = [(user, item) for user in range(50) for item in 3 * rng.choice(10, 7, replace=False) + user % 3]
    lines = [f"anna-{user}{separator}item {item}" for user, item in pairs]
    (folder / f"clicks.{config['ending']}").write_text("\n".join(lines) + "\n")
    titles = [f"item {item},{'abc'[item % 3] * 3} word {item}" for item in range(30)]
    (folder / "items.csv").write_text("\n".join(["id,title", *titles]) + "\n")
    (folder / "space.yaml").write_text(SPACE.format(**space))
    (folder / "config.yaml").write_text(CONFIG.format(**config))


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Starts gnas in `tmp_path`, with the paths of further packages."""

    def begin(*words: object, packages: tuple[Path, ...] = ()) -> "subprocess.Popen[str]":
        path = os.pathsep.join(map(str, (ROOT, *packages)))
        return subprocess.Popen(
            [sys.executable, "-m", "gnas", *map(str, words)], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    return begin


def done(process: "subprocess.Popen[str]", code: int = 0) -> str:
    """What it said; on stderr where it was refused."""
    out, err = process.communicate()
    assert process.returncode == code, err
    return out if code == 0 else err


def installed(folder: Path) -> tuple[Path, Path]:
    """The paths by which the package is there as if pip had installed it."""
    info = folder / "site/gnas_garden-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gnas-garden\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gnas.plugins]\ngarden = gnas_garden\n")
    return info.parent, GARDEN


def n_complete(run: Path) -> int:
    return sum('"complete"' in path.read_text() for path in run.glob("trials/*/status.json"))


@pytest.mark.slow
def test_an_installed_package_adds_one_of_each_kind(
    tmp_path: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    space = {"operator": "lazy-walk", "loss": "squared-hinge", "features": "{text: letters, links: same-users}"}
    config = {"ending": "arrows", "sampler": "backwards", "trials": 8, "metric": "first"}
    write_place(tmp_path, " -> ", space, config)
    garden, run = installed(tmp_path), tmp_path / "run"

    process = start("search", "config.yaml", "--out", run, "-q", "--workers", 2, packages=garden)
    while n_complete(run) < 2:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = n_complete(run)
    done(start("search", "--resume", run, "-q", packages=garden))
    trials = pl.read_parquet(run / "trials.parquet")
    assert kept <= trials.filter(state="complete").height <= len(trials) == 8
    assert set(trials["origin"]) == {"backwards"}
    assert "lazy-walk" in trials["param.propagation"].to_list()
    assert "squared-hinge" in trials["param.loss"].to_list()
    best = (run / "best/architecture.yaml").read_text()
    assert "letters" in best
    assert "same-users" in best

    measured = json.loads(done(start("evaluate", run, "--json", packages=garden)))
    assert 0 <= measured["metrics"]["first@5"]["value"] <= 1
    done(start("recommend", run, "-k", 2, "-o", "served.arrows", packages=garden))
    lines = (tmp_path / "served.arrows").read_text().splitlines()
    assert len(lines) == 100
    assert all(line.startswith("anna-") and " -> item " in line for line in lines)
    without = done(start("evaluate", run), code=2)
    assert without.startswith("Error: ")
    assert "Traceback" not in without


@pytest.mark.slow
def test_a_file_of_code_goes_with_the_run(tmp_path: Path, start: Callable[..., "subprocess.Popen[str]"]) -> None:
    space = {"operator": "twice", "loss": "exponential", "features": "none"}
    config = {"ending": "slashes", "sampler": "mine", "trials": 3, "metric": "half"}
    write_place(tmp_path, "/", space, config)
    own = tmp_path / "mine.py"
    own.write_text((GARDEN / "mine.py").read_text())
    done(start("search", "config.yaml", "--out", "run", "-q", "--code", own))
    own.unlink()
    done(start("search", "--resume", "run", "--trials", 5, "-q"))
    trials = pl.read_parquet(tmp_path / "run/trials.parquet")
    assert set(trials["origin"]) == {"mine"}
    assert len(trials) == 5
    done(start("recommend", "run", "-k", 2, "-o", "served.count"))
    assert (tmp_path / "served.count").read_text() == "100\n"
    (tmp_path / "run/code/mine.py").write_text("x = 1\n")
    assert "mine.py was edited after the run began" in done(start("evaluate", "run"), code=2)
