import json
from pathlib import Path

import polars as pl

from gnas.config.load import load_run_config
from tests.cli.gnas_runner import Gnas, Ran

PLAIN = ("--set", "search.baselines=false", "--quiet")


def identities(run: Path) -> list[str]:
    return pl.read_parquet(run / "trials.parquet")["identity"].to_list()


def test_a_refused_resume_says_how_to_fork(searched: tuple[Path, Ran], gnas: Gnas) -> None:
    ran = gnas("search", "--resume", searched[0], "--seed", 5)
    assert ran.code == 2
    assert f"gnas search --fork {searched[0]}" in ran.err


def test_a_changed_setting_forks_with_all_architectures_the_best_first(
    searched: tuple[Path, Ran], gnas: Gnas, tmp_path: Path
) -> None:
    old, _ = searched
    before = {path.name: path.stat().st_mtime_ns for path in old.rglob("*") if path.is_file()}
    ran = gnas("search", "--fork", old, "--seed", 5, "--trials", 4, "--out", "new", *PLAIN)
    assert ran.code == 0, ran.err
    table = pl.read_parquet(old / "trials.parquet").filter(pl.col("state") == "complete")
    best = table.sort("ndcg@20", descending=True)["identity"].to_list()
    assert identities(tmp_path / "new")[: len(best)] == best
    assert len(identities(tmp_path / "new")) == 4
    fork = json.loads((tmp_path / "new" / "fork.json").read_text())
    assert fork["run"] == str(old)
    assert len(fork["taken"]) == len(best)
    assert load_run_config(str(tmp_path / "new" / "config.yaml")).config.seed == 5
    assert {path.name: path.stat().st_mtime_ns for path in old.rglob("*") if path.is_file()} == before


def test_a_changed_space_takes_what_lies_in_it_and_says_what_does_not(
    copied: Path, place: Path, gnas: Gnas, tmp_path: Path
) -> None:
    (tmp_path / "space.yaml").write_text((place / "space.yaml").read_text().replace("[8, 16]", "[8, 32]"))
    dims = {path.parent.name: "dim: 16" in path.read_text() for path in copied.glob("trials/*/architecture.yaml")}
    assert len(set(dims.values())) == 2, "the old run had both"
    words = ("search", "--fork", copied, "--space", "space.yaml", "--out", "new", "--set", "search.baselines=false")
    ran = gnas(*words)
    assert ran.code == 0, ran.err
    states = {path.parent.name: json.loads(path.read_text())["state"] for path in copied.glob("trials/*/status.json")}
    outside = [f"fork {number}" for number, wide in dims.items() if wide and states[number] == "complete"]
    fork = json.loads((tmp_path / "new" / "fork.json").read_text())
    assert [origin for origin in fork["left"] if origin.startswith("fork")] == outside
    for origin in outside:
        assert f"{origin} is not taken: it lies outside the space: dim is 16" in ran.err
    inside = [number for number, wide in dims.items() if not wide and states[number] == "complete"]
    assert len(fork["taken"]) == len(inside)
    origins = pl.read_parquet(tmp_path / "new" / "trials.parquet")["origin"].to_list()
    assert origins[: len(inside)] == list(fork["taken"])


def test_a_fork_can_be_resumed_without_the_old_run(copied: Path, gnas: Gnas, tmp_path: Path) -> None:
    assert gnas("search", "--fork", copied, "--trials", 1, "--out", "new", "--seed", 3, *PLAIN).code == 0
    copied.rename(tmp_path / "gone")
    ran = gnas("search", "--resume", "new", "--trials", 2, "--quiet")
    assert ran.code == 0, ran.err
    assert pl.read_parquet(tmp_path / "new" / "trials.parquet")["origin"].str.starts_with("fork").all()


def test_fork_and_resume_exclude_each_other(copied: Path, gnas: Gnas) -> None:
    ran = gnas("search", "--fork", copied, "--resume", copied)
    assert ran.code == 2
    assert "give only one of them" in ran.err


def test_a_run_with_nothing_to_take_along_is_refused(copied: Path, gnas: Gnas, tmp_path: Path) -> None:
    for path in copied.glob("trials/*/status.json"):
        path.unlink()
    ran = gnas("search", "--fork", copied, "--seed", 1, "--out", "new")
    assert ran.code == 2
    assert "no complete trial" in ran.err
    assert not (tmp_path / "new").exists()
