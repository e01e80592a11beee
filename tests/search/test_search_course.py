import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import Spectral
from gnas.config.propagation import LightGCN, NoPropagation
from gnas.errors import ConfigError, RunError
from gnas.events import Note
from gnas.search.events import EpochDone, TrialStarted
from gnas.search.samplers import SAMPLERS
from tests.search.search_fakes import FakeTraining, ended, quality, run, setup, tiny_space, trials

ANCHORS = {
    "mf": Trained(propagation=NoPropagation(), dim=64, lr=0.01, epochs=20),
    "gf-cf": ClosedForm(propagation=Spectral(rank=64)),
    "wide": Trained(propagation=LightGCN(depth=2), dim=512, epochs=20),
}


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "gp"])
def test_every_sampler_uses_the_budget_without_duplicates(sampler: str, tmp_path: Path) -> None:
    events = run(setup(sampler=sampler, trials=16, pruner="halving"), tmp_path)
    done = [event.outcome for event in trials(events)]
    assert ended(events).reason == "trials"
    assert [outcome.number for outcome in done] == list(range(16))
    assert len({outcome.identity for outcome in done}) == 16
    assert {outcome.state for outcome in done} <= {"complete", "pruned"}


@pytest.fixture(scope="module")
def best_at_random(tmp_path_factory: pytest.TempPathFactory) -> float:
    return _best("random", tmp_path_factory.mktemp("random"))


@pytest.mark.parametrize("sampler", ["tpe", "portfolio"])
def test_planted_optimum_is_found_better_than_at_random(sampler: str, best_at_random: float, tmp_path: Path) -> None:
    assert _best(sampler, tmp_path) > max(0.96, best_at_random)


def _best(sampler: str, folder: Path) -> float:
    found = [ended(run(setup(sampler=sampler, trials=30, seed=seed), folder / str(seed))) for seed in (0, 1)]
    return sum(end.best.winner.value for end in found if end.best) / 2


def test_the_grid_holds_the_whole_space_and_ends_with_it(tmp_path: Path) -> None:
    space = tiny_space(discrete=True)
    events = run(setup(space=space, sampler="grid", trials=1000), tmp_path)
    everything = 4 * 2 + 4 * 4 * 2 + 2  # none: dim, lr; lightgcn: depth, dim, lr; spectral: rank
    assert ended(events).reason == "exhausted"
    assert len(trials(events)) == everything
    values = {event.outcome.identity: event.outcome.values for event in trials(events)}
    best = ended(events).best
    assert best is not None
    assert values[best.winner.identity] == max(values.values(), key=lambda found: (found or (0.0,))[0])


@pytest.mark.parametrize("sampler", ["random", "evolution"])
def test_a_small_space_is_searched_to_its_last_candidate(sampler: str, tmp_path: Path) -> None:
    events = run(setup(space=tiny_space(discrete=True), sampler=sampler, trials=1000), tmp_path)
    assert ended(events).reason == "exhausted"
    assert len({event.outcome.identity for event in trials(events)}) == 42


def test_duplicates_cost_no_training_and_no_budget(tmp_path: Path) -> None:
    trained: list[str] = []

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        trained.append(architecture.identity)
        return FakeTraining(architecture, quality(architecture))

    events = run(setup(space=tiny_space(discrete=True), trials=38, train=train), tmp_path)
    assert len(trained) == len(set(trained)) == 38
    assert sum(event.outcome.duplicates for event in trials(events)) > 10
    assert pl.read_parquet(tmp_path / "trials.parquet")["duplicates"].sum() > 10


def test_anchors_come_first_and_those_outside_the_space_are_noted(tmp_path: Path) -> None:
    first = {"warm start A/3": Trained(propagation=LightGCN(depth=2), dim=32, lr=0.02, epochs=20)}
    events = run(setup(space=tiny_space(ANCHORS), trials=5, first=first), tmp_path)
    started = [event for event in events if isinstance(event, TrialStarted)]
    assert [event.origin for event in started] == ["anchor gf-cf", "anchor mf", "warm start A/3", "random", "random"]
    assert started[1].architecture == ANCHORS["mf"]
    assert [event.text for event in events if isinstance(event, Note)] == [
        "anchor wide lies outside the space and is left out: dim is 512, the space has 16, 32, 64, 128"
    ]


def test_anchors_can_be_left_out(tmp_path: Path) -> None:
    events = run(setup(space=tiny_space(ANCHORS), trials=2, anchors=False), tmp_path)
    assert [event.outcome.origin for event in trials(events)] == ["random", "random"]


def test_the_run_directory_says_everything(tmp_path: Path) -> None:
    events = run(setup(trials=6, seed=3), tmp_path)
    table = pl.read_parquet(tmp_path / "trials.parquet")
    assert table.equals(pl.read_csv(tmp_path / "trials.csv", schema=table.schema))
    assert table["ndcg@20"].to_list() == [event.outcome.values[0] for event in trials(events) if event.outcome.values]
    for event in trials(events):
        place = tmp_path / "trials" / f"{event.number:04d}"
        architecture = Architecture.model_validate(yaml.safe_load((place / "architecture.yaml").read_text()))
        assert architecture.identity == event.outcome.identity
        status = json.loads((place / "status.json").read_text())
        assert (status["state"], tuple(status["values"])) == (event.outcome.state, event.outcome.values)
        curve = [json.loads(line) for line in (place / "epochs.jsonl").read_text().splitlines()]
        assert len(curve) == event.outcome.epochs
        assert curve[(event.outcome.best_epoch or 0) - 1]["ndcg@20"] == table["ndcg@20"][event.number]
    log = [json.loads(line)["event"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log == ["start", *["trial"] * 6, "end"]


def test_only_the_best_few_models_are_kept(tmp_path: Path) -> None:
    events = run(setup(trials=10), tmp_path)
    best = sorted(trials(events), key=lambda event: event.outcome.values or (), reverse=True)[:3]
    kept = sorted(int(path.parent.name) for path in tmp_path.glob("trials/*/model.safetensors"))
    assert kept == sorted(event.number for event in best)
    for number in kept:
        text = (tmp_path / f"trials/{number:04d}/model.safetensors").read_text()
        assert text == trials(events)[number].outcome.identity


def test_for_an_ensemble_the_best_model_of_each_kind_is_kept_as_well(tmp_path: Path) -> None:
    done = sorted(trials(run(setup(trials=16, ensemble=3), tmp_path)), key=lambda event: event.outcome.values or ())
    best_of_kind = {event.outcome.architecture.kind: event.number for event in done}
    best_few = {event.number for event in done[-3:]}
    assert set(best_of_kind) == {"none", "lightgcn", "spectral"}
    assert not set(best_of_kind.values()) <= best_few
    kept = {int(path.parent.name) for path in tmp_path.glob("trials/*/model.safetensors")}
    assert kept == best_few | set(best_of_kind.values())


def test_models_that_something_names_are_kept_too(tmp_path: Path) -> None:
    events = run(setup(trials=5), tmp_path)
    kept = {int(path.parent.name) for path in tmp_path.glob("trials/*/model.safetensors")}
    run(replace(setup(trials=14), keep=sorted(kept)), tmp_path, resume=True)
    now = {int(path.parent.name) for path in tmp_path.glob("trials/*/model.safetensors")}
    best = sorted(pl.read_parquet(tmp_path / "trials.parquet").sort("ndcg@20", descending=True)["number"][:3])
    assert now == kept | set(best)
    assert not set(best) <= kept, "the search went on and found better ones"
    assert len(trials(events)) == 5


def test_the_same_seed_takes_the_same_course(tmp_path: Path) -> None:
    tables = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(setup(sampler="portfolio", pruner="halving", trials=15, seed=seed), tmp_path / name)
        tables.append(pl.read_parquet(tmp_path / name / "trials.parquet").drop("wall_s"))
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])


def test_events_tell_each_epoch(tmp_path: Path) -> None:
    events = run(setup(trials=3), tmp_path)
    for event in trials(events):
        epochs = [e.epoch.index for e in events if isinstance(e, EpochDone) and e.number == event.number]
        assert epochs == list(range(1, event.outcome.epochs + 1))


def test_a_second_search_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    run(setup(trials=2), tmp_path)
    with pytest.raises(RunError, match="holds a search already"):
        run(setup(trials=2), tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("sampler", "tpee", r"unknown sampler 'tpee' \(did you mean 'tpe'\?"),
        ("pruner", "halvin", r"unknown pruner 'halvin' \(did you mean 'halving'\?"),
        ("objective", "recall@7", r"search.objective: 'recall@7' is not measured here .*evaluate.cutoffs"),
        ("limits", {"peak_mib": 5.0}, r"search.limits: 'peak_mib' is not measured here"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(key: str, value: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=sentence):
        run(setup(trials=2, **{key: value}), tmp_path)  # type: ignore[arg-type]
