import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gnas.errors import ConfigError, RunError
from gnas.rundir.layout import RunDirectory
from gnas.search.crew import GRACE_S, crew, environments
from gnas.search.locks import lock_at, take
from gnas.search.search import assist
from gnas.search.storage import opened_storage
from tests.search.helping_search import slow_setup
from tests.search.search_fakes import ended, run, setup, trials

HELPER = Path(__file__).with_name("helping_search.py")
SETTINGS: dict[str, Any] = {"sampler": "tpe", "pruner": "halving", "confirm": {"top": 2, "seeds": 1}}


def start(role: str, folder: Path, epoch_s: float, settings: dict[str, Any], *space: str) -> "subprocess.Popen[bytes]":
    paths = os.pathsep.join([str(Path(__file__).parents[2]), str(Path(__file__).parent)])
    command = [sys.executable, str(HELPER), role, str(folder), str(epoch_s), json.dumps(settings), *space]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"})


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def owners(folder: Path) -> set[int]:
    """Process ids of the sessions that own trials."""
    return {int(path.read_text().split("-")[1]) for path in folder.glob("trials/*/owner")}


def search_together(folder: Path, helpers: int, n_trials: int, kills: int, epoch_s: float, **settings: Any) -> None:
    """One leader and `helpers` others on `n_trials` trials; `kills` of the others are killed on the way."""
    settings = {**SETTINGS, "trials": n_trials, **settings}
    leader = start("lead", folder, epoch_s, settings)
    processes = [leader]
    try:
        wait_until(lambda: (folder / "trials/0000/owner").exists())
        processes += [start("help", folder, epoch_s, settings) for _ in range(helpers)]
        for victim in processes[1 : 1 + kills]:
            wait_until(lambda victim=victim: victim.pid in owners(folder))  # type: ignore[misc]
            time.sleep(epoch_s)
            victim.send_signal(signal.SIGKILL)
            assert victim.wait() == -signal.SIGKILL
        for process in [leader, *processes[1 + kills :]]:
            assert process.wait(300) == 0
    finally:
        for process in processes:
            process.kill()
            process.wait()


def check_whole(folder: Path, n_trials: int, storage: str | None = None) -> None:
    """The ledger, the table, the log and the folders all hold each of `n_trials` trials once, and no other."""
    with opened_storage(setup(storage=storage).config, RunDirectory(folder)) as opened:
        studies = opened.get_all_studies()
        ledger = [trial for study in studies for trial in opened.get_all_trials(study._study_id)]
    assert [trial.number for trial in ledger] == list(range(n_trials))
    assert {trial.state.name for trial in ledger} <= {"COMPLETE", "PRUNED"}
    folders = sorted(path.name for path in (folder / "trials").iterdir())
    assert folders == [f"{number:04}" for number in range(n_trials)]
    states = [json.loads((folder / "trials" / name / "status.json").read_text())["state"] for name in folders]
    table = pl.read_parquet(folder / "trials.parquet")
    assert table["number"].to_list() == list(range(n_trials))
    assert table["identity"].n_unique() == n_trials
    assert table["state"].to_list() == states
    assert set(table["state"]) <= {"complete", "pruned"}
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert {entry["number"] for entry in log if entry["event"] == "trial"} == set(range(n_trials))
    confirmed = [(entry["number"], entry["seed"]) for entry in log if entry["event"] == "confirmed"]
    assert len(confirmed) == len(set(confirmed))


def test_three_processes_share_one_budget_and_one_dies(tmp_path: Path) -> None:
    search_together(tmp_path, helpers=2, n_trials=30, kills=1, epoch_s=0.06)
    check_whole(tmp_path, 30)
    assert len(owners(tmp_path)) >= 2


@pytest.mark.slow
def test_four_processes_a_hundred_trials_and_two_die(tmp_path: Path) -> None:
    search_together(tmp_path, helpers=3, n_trials=100, kills=2, epoch_s=0.05)
    check_whole(tmp_path, 100)
    assert len(owners(tmp_path)) >= 2


@pytest.mark.slow
def test_four_processes_a_hundred_trials_and_two_die_on_postgresql(tmp_path: Path, postgresql: str) -> None:
    search_together(tmp_path, helpers=3, n_trials=100, kills=2, epoch_s=0.05, storage=postgresql)
    check_whole(tmp_path, 100, postgresql)
    assert not (tmp_path / "study.journal").exists()
    resumed = run(setup(**{**SETTINGS, "trials": 102, "storage": postgresql}), tmp_path, resume=True)
    assert [event.number for event in trials(resumed)] == [100, 101]
    other = run(setup(**{**SETTINGS, "trials": 3, "storage": postgresql}), tmp_path / "other")
    assert [event.number for event in trials(other)] == [0, 1, 2]


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of our own that lives as long as the tests."""
    pytest.importorskip("psycopg", reason="the driver of the `postgres` extra is not installed")
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), Path(shutil.which("initdb") or "none").parent]
    binaries = next((folder for folder in found if (folder / "initdb").exists()), None)
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or on the path")
    user = "nobody" if os.getuid() == 0 else None  # the server refuses to run as root
    folder = Path("/tmp") / f"gnas-postgresql-{os.getpid()}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    try:
        _as(user, [binaries / "initdb", "-D", data, "-U", "gnas", "-A", "trust", "--no-sync"])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        _as(user, [binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"])
        yield f"postgresql://gnas@127.0.0.1:{port}/postgres"
        _as(user, [binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as(user: str | None, command: list[object]) -> None:
    subprocess.run([str(word) for word in command], user=user, check=True, cwd="/", stdout=subprocess.DEVNULL)


def test_a_dead_leaders_trial_is_finished_by_a_helper(tmp_path: Path) -> None:
    settings = {**SETTINGS, "trials": 3}
    leader = start("lead", tmp_path, 0.05, settings)
    wait_until(lambda: (tmp_path / "trials/0001/owner").exists())
    leader.kill()
    leader.wait()
    events = list(assist(slow_setup(0.0, settings), tmp_path))
    assert trials(events)[0].number == 1
    check_whole(tmp_path, 3)


@pytest.mark.slow
def test_a_helper_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    settings = {**SETTINGS, "trials": 500}
    leader = start("lead", tmp_path, 0.01, settings)
    wait_until(lambda: (tmp_path / "trials/0000/owner").exists())
    script = (
        "import subprocess, sys, time\n"
        "helper = subprocess.Popen([sys.executable, *sys.argv[1:]])\n"
        "print(helper.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[2]), str(Path(__file__).parent)])
    middle = subprocess.Popen(
        [sys.executable, "-c", script, str(HELPER), "help", str(tmp_path), "0.02", json.dumps(settings)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        assert middle.stdout is not None
        helper = int(middle.stdout.readline())
        wait_until(lambda: helper in owners(tmp_path))
        middle.kill()
        wait_until(lambda: not _alive(helper), 10)
        assert leader.poll() is None
    finally:
        for process in (middle, leader):
            process.kill()
            process.wait()
        if middle.stdout is not None:
            middle.stdout.close()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_helper_without_a_search_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no search to take part in"):
        list(assist(setup(trials=2), tmp_path))


def test_a_helper_after_the_end_has_nothing_to_do(tmp_path: Path) -> None:
    run(setup(trials=3), tmp_path)
    assert trials(list(assist(setup(trials=3), tmp_path))) == []


def test_sqlite_is_for_one_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    assert ended(run(setup(trials=2, storage=url), tmp_path / "a")).reason == "trials"
    assert len(trials(run(setup(trials=3, storage=url), tmp_path / "a", resume=True))) == 1
    with pytest.raises(ConfigError, match=r"SQLite cannot be shared by 2 workers"):
        run(setup(trials=3, storage=url, workers=2), tmp_path / "b")
    with pytest.raises(ConfigError, match=r"SQLite cannot be shared by several processes"):
        list(assist(setup(trials=3, storage=url), tmp_path / "a"))


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "nonsense://x"])
def test_a_storage_that_does_not_answer_is_told_in_a_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"search\.storage"):
        run(setup(trials=3, storage=url), tmp_path)


def test_locks_exclude_and_come_back(tmp_path: Path) -> None:
    first, second = lock_at(tmp_path / "x.lock"), lock_at(tmp_path / "x.lock")
    assert take(first)
    assert not take(second, wait=False)
    first.release()
    assert take(second, wait=False)
    second.release()
    second.release()


def test_each_worker_has_its_gpu_and_its_cores() -> None:
    assert [found["CUDA_VISIBLE_DEVICES"] for found in environments(3, ["0", "1"], 2, cores=8)] == ["0", "1", "0"]
    assert [found["OMP_NUM_THREADS"] for found in environments(3, ["0", "1"], 2, cores=8)] == ["2"] * 3
    assert environments(2, [], 1, cores=1) == [{"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}] * 2
    with pytest.raises(ConfigError, match=r"4 workers on 2 GPU.* raise search.workers_per_gpu to 2 or take 2 workers"):
        environments(4, ["0", "1"], 1)


def test_the_crew_is_ended_with_its_context(tmp_path: Path) -> None:
    pids: list[int] = []

    def work() -> None:
        with crew(["sleep", "60"], [{}, {}], tmp_path) as started:
            pids.extend(started)
            assert all(_alive(pid) for pid in pids)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not any(_alive(pid) for pid in pids)
    started = time.monotonic()
    with crew(["echo", "hello"], [{"A": "1"}], tmp_path):
        pass
    assert time.monotonic() - started < GRACE_S
    assert (tmp_path / "sessions/helper-1.log").read_text() == "hello\n"
