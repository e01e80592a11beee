"""What becomes of a search when its space holds no more candidates."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gnas.config.architecture import Architecture
from gnas.errors import SearchFailed
from gnas.search import explore as exploration
from gnas.search import trial
from gnas.search.propose import propose
from gnas.search.samplers import SAMPLERS
from gnas.search.search import assist
from gnas.space.search_space import parse_space
from tests.search.helping_search import slow_setup
from tests.search.search_fakes import FakeTraining, ended, run, setup, trials
from tests.search.test_workers import check_whole, start, wait_until

TREE: dict[str, Any] = {
    "propagation": {"choice": {"none": {}, "lightgcn": {"depth": {"int": [1, 2]}}, "spectral": {"rank": 32}}},
    "dim": {"choice": [16, 32]},
    "lr": {"choice": [0.01, 0.1]},
    "epochs": 2,
}
"""Twelve trained candidates and a closed form."""
ANCHORED = {
    **{key: TREE[key] for key in ("lr", "epochs")},
    "propagation": {"choice": {"none": {}, "spectral": {"rank": 32}}},
    "anchors": [
        {"name": "slow", "propagation": "none", "lr": 0.01},
        {"name": "fast", "propagation": "none", "lr": 0.1},
        {"name": "filter", "propagation": {"spectral": {"rank": 32}}},
    ],
}
SPACES: dict[str, tuple[dict[str, Any], int]] = {
    "small": (TREE, 13),
    "one choice": ({"dim": {"choice": [16]}, "epochs": 2}, 1),
    "nothing to choose": ({"dim": 16, "epochs": 2}, 1),
    "all equal": (
        {"propagation": {"spectral": {"rank": 32}}, "dim": {"choice": [8, 16]}, "lr": {"choice": [0.1, 0.2]}},
        1,
    ),
    "all anchors": (ANCHORED, 3),
}
EVERY = [pytest.param(name, marks=pytest.mark.slow) if name == "gp" else name for name in SAMPLERS]


@pytest.mark.parametrize("case", SPACES)
@pytest.mark.parametrize("sampler", EVERY)
def test_every_sampler_ends_when_all_candidates_are_taken(sampler: str, case: str, tmp_path: Path) -> None:
    tree, n_candidates = SPACES[case]
    space = parse_space(tree)
    assert space.size().distinct == n_candidates
    events = run(setup(space=space, sampler=sampler, pruner="halving", trials=40), tmp_path)
    assert ended(events).reason == "exhausted"
    assert len({event.outcome.identity for event in trials(events)}) == len(trials(events)) == n_candidates
    assert {event.outcome.state for event in trials(events)} <= {"complete", "pruned"}


@pytest.mark.parametrize("case", ["small", "one choice", "all anchors"])
@pytest.mark.parametrize("sampler", EVERY)
def test_every_sampler_ends_when_all_candidates_failed(
    sampler: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "free_memory", lambda: None)  # it takes its time

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        raise ValueError("no such luck")

    tree, n_candidates = SPACES[case]
    with pytest.raises(SearchFailed, match=f"; failures: {n_candidates} × ValueError: no such luck"):
        run(setup(space=parse_space(tree), sampler=sampler, trials=40, train=train, max_failures=40), tmp_path)


@pytest.mark.parametrize("sampler", EVERY)
def test_an_exhausted_search_that_goes_on_ends_at_once(sampler: str, tmp_path: Path) -> None:
    first = setup(space=parse_space(TREE), sampler=sampler, trials=8)
    run(first, tmp_path)
    more = setup(space=parse_space(TREE), sampler=sampler, trials=40)
    assert len(trials(run(more, tmp_path, resume=True))) == 5
    again = run(more, tmp_path, resume=True)
    assert trials(again) == []
    assert ended(again).reason == "exhausted"
    assert ended(again).best is not None


def together(folder: Path, sampler: str, case: str, *fails: str) -> list[int]:
    """The ends of two processes that search the space together."""
    settings = {"sampler": sampler, "pruner": "halving", "trials": 40, "max_failures": 40}
    processes = [start("lead", folder, 0.05, settings, json.dumps(SPACES[case][0]), *fails)]
    try:
        wait_until(lambda: (folder / "trials/0000/owner").exists())
        processes.append(start("help", folder, 0.05, settings, json.dumps(SPACES[case][0]), *fails))
        return [process.wait(120) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "sampler", [name if name == "portfolio" else pytest.param(name, marks=pytest.mark.slow) for name in SAMPLERS]
)
def test_two_processes_end_when_all_candidates_are_taken(sampler: str, tmp_path: Path) -> None:
    assert together(tmp_path, sampler, "small") == [0, 0]
    check_whole(tmp_path, 13)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["one choice", "nothing to choose", "all equal", "all anchors"])
def test_two_processes_end_where_there_is_next_to_nothing(case: str, tmp_path: Path) -> None:
    assert together(tmp_path, "portfolio", case) == [0, 0]
    check_whole(tmp_path, SPACES[case][1])


@pytest.mark.slow
@pytest.mark.parametrize("case", ["small", "one choice"])
def test_two_processes_end_when_all_candidates_failed(case: str, tmp_path: Path) -> None:
    assert together(tmp_path, "portfolio", case, "fails") == [1, 0]
    states = pl.read_parquet(tmp_path / "trials.parquet")["state"]
    assert states.to_list() == ["failed"] * SPACES[case][1]


def test_whoever_waits_for_the_last_trial_looks_through_the_space_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"sampler": "portfolio", "trials": 40}
    tree = SPACES["one choice"][0]
    leader = start("lead", tmp_path, 0.5, settings, json.dumps(tree))
    looked = []

    def counted(*arguments: Any) -> Any:
        looked.append(arguments)
        return propose(*arguments)

    monkeypatch.setattr(exploration, "propose", counted)
    try:
        wait_until(lambda: (tmp_path / "trials/0000/owner").exists())
        assert len(trials(list(assist(slow_setup(0.0, settings, tree), tmp_path)))) == 1
        assert leader.wait(120) == 0
    finally:
        leader.kill()
        leader.wait()
    assert len(looked) <= 1
