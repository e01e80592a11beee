import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gnas.config.architecture import Architecture, Trained
from gnas.errors import RunError
from gnas.rundir.layout import RunDirectory
from gnas.search.events import Event
from gnas.search.search import search
from gnas.search.session import Session
from gnas.train.loop import Epoch
from tests.search.killed_search import search_of_thirty
from tests.search.search_fakes import FakeTraining, ended, quality, run, setup, trials

SETTINGS: dict[str, Any] = {"pruner": "halving", "trials": 15, "seed": 5, "confirm": {"top": 2, "seeds": 1}}


class Killed(BaseException):
    """What stands for a kill: nobody may catch it."""


def table(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "trials.parquet").drop("wall_s")


def confirmations(folder: Path) -> dict[str, object]:
    return {
        str(path.relative_to(folder)): json.loads(path.read_text())["values"] for path in folder.glob("confirm/*/*")
    }


@pytest.mark.parametrize("sampler", ["tpe", "portfolio", "nsga2", "qmc"])
def test_a_search_killed_many_times_takes_the_same_course(sampler: str, tmp_path: Path) -> None:
    run(setup(sampler=sampler, **SETTINGS), tmp_path / "whole")
    epochs = 0

    def hook(_: int) -> None:
        nonlocal epochs
        epochs += 1
        if epochs % 37 == 0:
            raise Killed

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        return FakeTraining(architecture, quality(architecture), hook)

    kills, events = 0, list[Event]()
    while not events:
        try:
            events = run(setup(sampler=sampler, train=train, **SETTINGS), tmp_path / "torn", resume=True)
        except Killed:
            kills += 1
    assert kills > 3
    assert table(tmp_path / "torn").equals(table(tmp_path / "whole"))
    assert confirmations(tmp_path / "torn") == confirmations(tmp_path / "whole")
    assert ended(events).reason == "trials"


def test_stopped_in_the_middle_and_resumed(tmp_path: Path) -> None:
    run(setup(**SETTINGS), tmp_path / "whole")
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked % 50 == 0

    reasons: list[str] = []
    while reasons[-1:] != ["trials"]:
        reasons.append(ended(run(setup(**SETTINGS), tmp_path / "torn", resume=True, stop=stop)).reason)
    assert len(reasons) > 2
    assert set(reasons[:-1]) == {"stopped"}
    assert table(tmp_path / "torn").equals(table(tmp_path / "whole"))


def test_a_consumer_that_walks_away_loses_nothing(tmp_path: Path) -> None:
    iterator = search(setup(trials=3), tmp_path)
    for _ in range(10):
        next(iterator)
    iterator.close()  # type: ignore[attr-defined]
    run(setup(trials=3), tmp_path, resume=True)
    run(setup(trials=3), tmp_path / "whole")
    assert table(tmp_path).equals(table(tmp_path / "whole"))


def test_more_trials_on_resume(tmp_path: Path) -> None:
    run(setup(sampler="tpe", trials=7), tmp_path / "a")
    events = run(setup(sampler="tpe", trials=15), tmp_path / "a", resume=True)
    run(setup(sampler="tpe", trials=15), tmp_path / "b")
    assert [event.number for event in trials(events)] == list(range(7, 15))
    assert table(tmp_path / "a").equals(table(tmp_path / "b"))


def test_a_finished_search_resumed_says_the_same_again(tmp_path: Path) -> None:
    first = ended(run(setup(trials=4, confirm={"top": 2}), tmp_path))
    events = run(setup(trials=4, confirm={"top": 2}), tmp_path, resume=True)
    assert ended(events) == first
    assert not trials(events)


def test_what_a_crash_after_the_ledger_left_out_is_written_on_resume(tmp_path: Path) -> None:
    run(setup(trials=4), tmp_path)
    whole = table(tmp_path)
    (tmp_path / "trials.parquet").unlink()
    (tmp_path / "trials/0003/status.json").write_text("{}")
    run(setup(trials=4), tmp_path, resume=True)
    assert table(tmp_path).equals(whole)
    assert json.loads((tmp_path / "trials/0003/status.json").read_text())["state"] == "complete"


@pytest.mark.parametrize("garbage", [b'{"op_code": 5, "wor', b"\0\0\0\0", b"\0\0\0\n"])
def test_torn_files_are_repaired_with_a_note(garbage: bytes, tmp_path: Path) -> None:
    run(setup(trials=4), tmp_path)
    whole = table(tmp_path)
    with (RunDirectory(tmp_path).journal).open("ab") as file:
        file.write(garbage)
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(b'{"at": ')
    run(setup(trials=6), tmp_path, resume=True)
    assert table(tmp_path).head(4).equals(whole)
    notes = [json.loads(line).get("text", "") for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert f"study.journal: cut {len(garbage)} bytes of a half-written last line" in notes
    assert "log.jsonl: cut 7 bytes of a half-written last line" in notes


def test_two_processes_do_not_search_in_one_directory(tmp_path: Path) -> None:
    with (
        Session(RunDirectory(tmp_path), time.monotonic),
        pytest.raises(RunError, match="another process is searching in this run directory"),
    ):
        run(setup(trials=2), tmp_path, resume=True)
    assert len(trials(run(setup(trials=2), tmp_path, resume=True))) == 2


def kill_and_resume(folder: Path, kills: int, epoch_s: float) -> int:
    """Start `killed_search.py` again and again, killing it at random moments; returns how many kills it took."""
    rng = random.Random(kills)
    script = Path(__file__).with_name("killed_search.py")
    for done in range(kills + 1):
        with subprocess.Popen([sys.executable, script, folder, str(epoch_s)], env=_environment()) as process:
            if done == kills:
                assert process.wait(300) == 0
                return done
            _wait_for_new_line(RunDirectory(folder).journal)
            try:
                assert process.wait(rng.uniform(0, 0.5)) == 0
                return done
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
    return kills


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def _wait_for_new_line(path: Path) -> None:
    before = path.stat().st_size if path.exists() else 0
    end = time.monotonic() + 60
    while (path.stat().st_size if path.exists() else 0) <= before and time.monotonic() < end:
        time.sleep(0.01)


def _same_as_uninterrupted(tmp_path: Path, kills: int, epoch_s: float) -> None:
    took = kill_and_resume(tmp_path / "torn", kills, epoch_s)
    assert took >= kills * 2 // 3
    search_of_thirty(tmp_path / "whole", 0)
    assert table(tmp_path / "torn").equals(table(tmp_path / "whole"))
    assert table(tmp_path / "torn")["number"].to_list() == list(range(30))
    assert confirmations(tmp_path / "torn") == confirmations(tmp_path / "whole")


def test_sigkill_at_random_moments(tmp_path: Path) -> None:
    _same_as_uninterrupted(tmp_path, kills=1, epoch_s=0.01)


@pytest.mark.slow
def test_thirty_sigkills_at_random_moments(tmp_path: Path) -> None:
    _same_as_uninterrupted(tmp_path, kills=30, epoch_s=0.03)


def test_the_fake_trainings_are_what_they_seem() -> None:
    training = FakeTraining(Trained(epochs=3), 0.8)
    epochs: Iterator[Epoch] = training.epochs(lambda: False)
    assert [round(epoch.metrics["ndcg@20"], 2) for epoch in epochs] == [0.4, 0.6, 0.7]
