"""Every record comes back as it was written, and a damaged file is answered with one sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gnas.config.architecture import Trained
from gnas.errors import RunError
from gnas.files import write_json
from gnas.rundir.baselines import Attempt, BaselineRecord, BaselinesRecord, read_baselines
from gnas.rundir.beginning import read_data, read_space, write_space
from gnas.rundir.best import (
    BestRecord,
    Front,
    FrontPoint,
    best_architecture,
    keep_best,
    read_best,
    read_front,
    write_best,
)
from gnas.rundir.confirm import Confirmation, Confirmed, FreshTraining, confirmed_epochs, drop_damaged, fresh_trainings
from gnas.rundir.ensemble import EnsembleRecord, EnsembleValues, Member, read_ensemble
from gnas.rundir.fork import Fork, forked, write_fork
from gnas.rundir.layout import RunDirectory
from gnas.rundir.look import (
    Group,
    Lead,
    Look,
    Measured,
    Rival,
    SeedLook,
    Spread,
    complete_look,
    read_looks,
    record_look,
)
from gnas.rundir.record import write_record
from gnas.rundir.session import SessionRecord, StudyRecord, read_sessions, read_study, spent_s
from gnas.rundir.table import trials_frame
from gnas.rundir.trial import TrialStatus, begin_trial, is_ended, read_architecture, read_status, read_statuses

BASELINES = BaselinesRecord(
    "f" * 64, "ndcg@20", 0, None,
    (BaselineRecord("ease", {"l2": 200.0}, {"ndcg@20": 0.1}, 1.5, (Attempt({"l2": 200.0}, {}, 1.0, "singular"),)),),
)  # fmt: skip
BEST = BestRecord(
    "0" * 12,
    {"ndcg@20": 0.2},
    (4, 5),
    Confirmation((Confirmed(7, "a", 0.2, (0.1,), 0.1, 0.0), Confirmed(3, "b", 0.1, (), 0.1, 0.0)), 0.2, False),
)
ENSEMBLE = EnsembleRecord("ndcg@20", (7, 3), 5, (Member(7, "a", "lightgcn", 2, 1.0),), EnsembleValues(0.2, 0.1))
FRONT = Front(3, "the middle", (FrontPoint(3, "a", {"ndcg@20": 0.1, "latency_ms": 2.0}),))
LOOK = Look(
    "2026-03-01T10:00:00+00:00", ("gnas", "evaluate"), "a", "f", "full ranking", 10, "ndcg@20", 100,
    {"ndcg@20": Measured(0.2, 0.1, 0.3)},
    (Rival("ease", {"ndcg@20": Measured(0.1)}, Lead(0.1, 0.0, 0.2, 0.01, 0.02), {"l2": 5}),),
    groups=(Group("new items", 3, {"ndcg@20": Measured(0.0)}),),
    seeds=(SeedLook(1, 2, {"ndcg@20": 0.1}, {"ndcg@20": 0.2}),),
    spread={"ndcg@20": Spread(0.2, 0.0)},
)  # fmt: skip
STATUS = TrialStatus(2, "complete", "tpe", "a", (0.1,), {"ndcg@20": 0.1}, 3, 5, 1.5, params={"dim": 8, "norm": "sym"})
DATA = {"n_users": 3, "n_items": 4, "n_train": 9, "n_valid": 1, "n_test": 1, "fingerprint": "f", "report": []}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


def test_every_record_comes_back_as_it_was_written(run: RunDirectory) -> None:
    write_record(run.baselines, BASELINES)
    write_best(run, Trained(), BEST)
    write_record(run.ensemble, ENSEMBLE)
    write_record(run.pareto, FRONT)
    write_record(run.study, StudyRecord("gnas-run"))
    assert record_look(run, LOOK) == 1
    assert record_look(run, replace(LOOK, groups=(), compared_with=("other",))) == 2
    assert (read_baselines(run), read_best(run), read_ensemble(run)) == (BASELINES, BEST, ENSEMBLE)
    assert (read_front(run), read_study(run)) == (FRONT, "gnas-run")
    assert read_looks(run) == (LOOK, replace(LOOK, groups=(), compared_with=("other",)))
    complete_look(run, 1, replace(LOOK, n_users=7))
    assert [look.n_users for look in read_looks(run)] == [7, LOOK.n_users], "the other stays as it was"


def test_nothing_is_read_where_nothing_was_written(run: RunDirectory) -> None:
    assert (read_baselines(run), read_ensemble(run), read_front(run), read_study(run)) == (None, None, None, None)
    assert (read_looks(run), forked(run), read_statuses(run), read_sessions(run)) == ((), {}, [], [])


def test_a_trial_has_a_folder(run: RunDirectory) -> None:
    trial = run.trial(2)
    begin_trial(trial, Trained(), TrialStatus(2, "running", "tpe"))
    assert trial.path == run.path / "trials" / "0002"
    assert (trial.number, trial.run) == (2, run.path)
    assert read_architecture(trial).identity == Trained().identity
    assert (read_status(trial).state, is_ended(trial)) == ("running", False)


def test_a_torn_trial_is_unreadable_and_does_not_hide_the_others(run: RunDirectory) -> None:
    for number in (0, 1):
        begin_trial(run.trial(number), Trained(), replace(STATUS, number=number))
    run.trial(0).status.write_bytes(b"\0" * 50)
    torn, whole = read_statuses(run)
    assert (torn.number, torn.state) == (0, "unreadable")
    assert torn.reason is not None
    assert torn.reason.endswith(f"`gnas search --resume {run.path}` writes it again")
    assert whole == replace(STATUS, number=1)
    assert not is_ended(run.trial(0))


def test_a_figure_that_is_not_a_number_is_not_there(run: RunDirectory) -> None:
    write_best(run, Trained(), replace(BEST, validation={"ndcg@20": 0.1, "rmse": float("nan")}))
    assert json.loads(run.metrics.read_text())["validation"] == {"ndcg@20": 0.1, "rmse": None}
    assert read_best(run).validation == {"ndcg@20": 0.1}


def test_unknown_keys_are_passed_over(run: RunDirectory) -> None:
    write_record(run.pareto, FRONT)
    run.pareto.write_text(json.dumps({**json.loads(run.pareto.read_text()), "colour": "blue"}))
    assert read_front(run) == FRONT


def test_fresh_seeds(run: RunDirectory) -> None:
    first = FreshTraining(3, "a", 11, (0.1,), 5, 1.0, {"ndcg@20": 0.1}, 4)
    write_record(run.confirm(first.identity, first.seed), first)
    write_record(run.confirm("a", 12), FreshTraining(3, "a", 12, None, 2, 1.0, reason="diverged"))
    assert fresh_trainings(run, "a")[0] == first
    assert confirmed_epochs(run) == 7
    run.confirm("a", 12).write_text("{")
    assert drop_damaged(run) == ["confirm/a/12.json was damaged and is removed: that candidate is trained again"]
    assert confirmed_epochs(run) == 5


def test_only_those_who_lead_spend_time(run: RunDirectory) -> None:
    write_record(run.sessions / "1-7.json", SessionRecord("1-7", 7, "here", True, 2.5, 1.0))
    write_record(run.sessions / "2-8.json", SessionRecord("2-8", 8, "here", False, 9.0, 1.0))
    (run.sessions / "3-9.json").write_text("[1]")
    assert spent_s(run) == 2.5


def test_a_fork_keeps_its_architectures(run: RunDirectory) -> None:
    fork = Fork("old", {"fork 0001": Trained(dim=16)}, {"fork 0002": "it lies outside the space"})
    write_fork(run, fork)
    assert [one.identity for one in forked(run).values()] == [one.identity for one in fork.taken.values()]
    assert fork.sentences()[0].startswith("forked from old: 1 of its 2 complete")


def test_an_edited_space_is_refused(run: RunDirectory) -> None:
    write_space(run, Trained().written())
    run.space.write_text(run.space.read_text() + "# mine\n")
    with pytest.raises(RunError, match="was edited since the search began"):
        read_space(run)
    write_space(run, Trained().written())
    run.space_hash.write_bytes(b"")
    with pytest.raises(RunError, match="was edited since the search began"):
        read_space(run)


def test_an_edited_architecture_is_refused(run: RunDirectory) -> None:
    write_best(run, Trained(), BEST)
    with pytest.raises(RunError, match=r"no best model yet: best/model.safetensors is missing"):
        best_architecture(run)
    run.model.touch()
    with pytest.raises(RunError, match="was edited after its model was trained"):
        best_architecture(run)


def test_the_winners_model_is_copied_or_kept(run: RunDirectory) -> None:
    trial = run.trial(7)
    with pytest.raises(RunError, match=r"trials/0007/model.safetensors is missing: trial 7 won"):
        keep_best(run, trial, Trained(), BEST)
    trial.path.mkdir(parents=True)
    trial.model.write_bytes(b"model")
    keep_best(run, trial, Trained(), BEST)
    trial.model.unlink()
    keep_best(run, trial, Trained(), replace(BEST, best_epochs=(9,)))
    assert (run.model.read_bytes(), read_best(run).best_epochs) == (b"model", (9,))
    with pytest.raises(RunError, match="its model is nowhere else"):
        keep_best(run, trial, Trained(), replace(BEST, architecture="1" * 12))


def test_the_table_puts_objectives_before_other_metrics() -> None:
    frame = trials_frame([STATUS, replace(STATUS, state="failed", metrics={}), TrialStatus(4, "running")], ["ndcg@20"])
    assert frame.columns[:3] == ["number", "identity", "state"]
    assert frame.columns[-3:] == ["ndcg@20", "param.dim", "param.norm"]
    assert frame["ndcg@20"].to_list() == [0.1, None]


DAMAGE = {
    "empty": b"", "object": b"{}", "null": b"null", "list": b"[]", "numbers": b"[1]", "nul bytes": b"\0" * 50,
    "half": b'{"a": ', "latin-1": b'{"a": "\xe9"}', "deep": b"[" * 100_000, "text": b'"x"',
}  # fmt: skip


@pytest.mark.parametrize("damage", list(DAMAGE))
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("baselines.json", read_baselines), ("best/metrics.json", read_best), ("best/ensemble.json", read_ensemble),
        ("pareto.json", read_front), ("test.json", read_looks), ("study.json", read_study), ("data.json", read_data),
        ("fork.json", forked),
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence(
    run: RunDirectory, name: str, read: Callable[[RunDirectory], object], damage: str
) -> None:
    path = run.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(DAMAGE[damage])
    with pytest.raises(RunError) as caught:
        read(run)
    assert str(caught.value).startswith(f"{path} is damaged: ")
    assert "; " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("key", list(DATA))
def test_a_missing_or_wrong_key_is_named(run: RunDirectory, key: str) -> None:
    write_json(run.data, {name: value for name, value in DATA.items() if name != key})
    with pytest.raises(RunError, match=rf"data.json is damaged: {key} is missing; put it back"):
        read_data(run)
    write_json(run.data, {**DATA, key: {"odd": 1}})
    with pytest.raises(RunError, match=rf"data.json is damaged: {key}: "):
        read_data(run)
