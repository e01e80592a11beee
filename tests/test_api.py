"""What a notebook does: a search on a frame with text ids, figures on test, recommendations, the run again later."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import gnas
from gnas.config.run import RunConfig
from gnas.errors import ConfigError, DataError, GnasError, RunError
from gnas.events import Begun, Note, Part, Phase
from gnas.rng import numpy_rng
from gnas.run.search import plan, search_events
from gnas.run.settings import asked_for
from gnas.search.events import TrialEnded

ROOT = Path(__file__).parents[1]
SPACE = {
    "propagation": {"choice": {"none": {}, "lightgcn": {"depth": {"int": [1, 2]}}}},
    "dim": {"choice": [8, 16]},
    "lr": {"float": [5e-3, 5e-2], "log": True},
}
QUICK = {"train.epochs": 4, "search.confirm": {"top": 2, "seeds": 1}, "evaluate.bootstrap": 200}


@pytest.fixture(scope="module", autouse=True)
def _one_thread_and_a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    """Users of three blocks who take the items of their block; ids are text."""
    rng = numpy_rng(0, "clicks")
    blocks = [np.flatnonzero(np.arange(30) % 3 == user % 3) for user in range(60)]
    pairs = [(f"anna-{user}", f"item {item}") for user in range(60) for item in rng.choice(blocks[user], 7, False)]
    return pl.DataFrame(pairs, schema=["user", "item"], orient="row")


@pytest.fixture(scope="module")
def run(frame: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> gnas.Run:
    out = tmp_path_factory.mktemp("runs") / "first"
    return gnas.search(frame, space=SPACE, trials=3, out=out, device="cpu", overrides=QUICK)


def test_a_search_gives_its_trials_and_the_best(run: gnas.Run) -> None:
    assert run.trials.height == 3
    assert {"identity", "ndcg@20", "param.dim"} <= set(run.trials.columns)
    best = run.best
    assert isinstance(best.architecture, gnas.Architecture)
    assert best.words
    assert best.validation["ndcg@20"] == pytest.approx(
        run.trials["ndcg@20"].to_list()[best.confirmed.winner.number if best.confirmed else 0]
    )
    assert {one.name for one in run.baselines} >= {"ease", "popularity"}
    assert run.report.is_file()
    assert run.end_reason == "trials"
    assert set(run.space.parameters()) >= {"dim", "lr"}


def test_the_frame_is_kept_in_the_run_so_that_nothing_else_is_needed(run: gnas.Run, frame: pl.DataFrame) -> None:
    assert run.config.data.source == "data/interactions.parquet"
    assert pl.read_parquet(run.path / "data" / "interactions.parquet").equals(frame)


def test_a_run_opened_again_says_the_same(run: gnas.Run) -> None:
    again = gnas.open_run(str(run.path))
    assert again == run
    assert repr(again) == repr(run)
    assert repr(run).startswith(("A baseline wins:", "The best architecture"))
    assert "<table>" in run._repr_html_()
    with pytest.raises(FrozenInstanceError):
        again.path = Path()  # type: ignore[misc]


def test_the_best_model_scores_users_by_their_ids(run: gnas.Run) -> None:
    scores = run.model.score(["anna-3", "anna-1"])
    assert scores.shape == (2, len(run.model.items)) == (2, 30)
    assert np.allclose(scores[1], run.model.score(["anna-1"])[0], atol=1e-6)
    assert "60 users and 30 items" in repr(run.model)
    with pytest.raises(DataError, match="no user 'nobody' in the data"):
        run.model.score(["anna-1", "nobody"])


def test_recommendations_are_a_frame_of_items_not_yet_taken(run: gnas.Run, frame: pl.DataFrame) -> None:
    found = gnas.recommend(run, k=4)
    assert found.columns == ["user", "item", "rank", "score", "known"]
    assert found.height == 60 * 4
    assert found.join(frame, on=["user", "item"], how="semi").is_empty()
    some = gnas.recommend(run.path, k=2, users=["anna-5", "nobody"])
    assert some["user"].to_list() == ["anna-5"] * 2 + ["nobody"] * 2
    assert some["known"].to_list() == [True] * 2 + [False] * 2
    ids = run.model.items
    scores = dict(zip(ids, run.model.score(["anna-5"])[0], strict=True))
    assert some["score"][0] == pytest.approx(scores[some["item"][0]])


def test_a_look_at_test_is_counted_and_recorded_before_its_figures(frame: pl.DataFrame, tmp_path: Path) -> None:
    run = gnas.train("lightgcn-1", frame, out=tmp_path / "run", device="cpu", overrides={"train.epochs": 2})
    looks_at: list[int] = []

    def stop_at_figures(event: object) -> None:
        if isinstance(event, Part) and event.name == "the best architecture":
            looks_at.append(len(run.looks))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gnas.evaluate(run, baselines=False, on_event=stop_at_figures)
    assert looks_at == [1]
    assert run.looks[0].metrics == {}
    found = gnas.evaluate(run, baselines=False)
    assert found.looks == 2
    assert found.metrics["ndcg@20"] == found.look.metrics["ndcg@20"].value
    assert run.looks[1] == found.look
    assert "look 2 at the test split" in repr(found)
    assert "<table>" in found._repr_html_()


def test_architectures_are_trained_evaluated_and_compared(run: gnas.Run, frame: pl.DataFrame, tmp_path: Path) -> None:
    config = run.config.model_copy(update={"data": run.config.data.model_copy(update={"source": "clicks.parquet"})})
    assert isinstance(config, RunConfig)
    frame.write_parquet(tmp_path / "clicks.parquet")
    data = tmp_path / "clicks.parquet"
    trained = gnas.train(
        run.best.architecture, data, out=tmp_path / "trained", device="cpu", overrides={"train.epochs": 2}
    )
    assert trained.best.architecture == run.best.architecture
    assert "epochs, the best was" in repr(trained)
    mf = gnas.Architecture.model_validate({"propagation": "none", "dim": 8, "epochs": 2})
    seeds = gnas.evaluate(mf, data, baselines=False, seeds=2, out=tmp_path / "mf", device="cpu")
    assert len(seeds.look.seeds) == 2
    assert seeds.run.best.architecture == mf
    both = gnas.compare([trained, seeds.run])
    assert both.best in (trained, seeds.run)
    assert both.looks == {str(trained.path): 1, str(seeds.run.path): 2}
    assert len(both.look.baselines) == 1
    with pytest.raises(RunError, match="different data or splits"):
        gnas.compare([trained, gnas.train("lightgcn-1", "toy", out=tmp_path / "toy", device="cpu")])


def test_a_run_goes_on_and_begets_another_without_the_frame(run: gnas.Run, tmp_path: Path) -> None:
    fork = gnas.search(fork=run, trials=2, out=tmp_path / "fork", device="cpu")
    assert fork.trials["origin"].to_list() == ["fork 0000", "fork 0001"] or fork.trials["origin"][0].startswith("fork")
    on = gnas.search(resume=fork, trials=3)
    assert on == fork
    assert on.trials.height == 3
    with pytest.raises(ConfigError, match="give only one of them"):
        gnas.search(resume=run, fork=run)


def test_every_event_can_be_heard_and_a_search_driven_by_hand(frame: pl.DataFrame, tmp_path: Path) -> None:
    heard: list[object] = []
    quick = {**QUICK, "search.confirm": {"top": 0}, "search.baselines": False}
    options: dict[str, Any] = {"trials": 1, "device": "cpu", "overrides": quick}
    run = gnas.search(frame, space="smoke", out=tmp_path / "a", on_event=heard.append, **options)
    assert isinstance(heard[0], Begun)
    assert heard[0].run == run.path
    assert {type(event) for event in heard} >= {Phase, Note, TrialEnded}
    asked = asked_for(frame, {"space": "smoke", **options})  # type: ignore[typeddict-item]
    by_hand = [type(event) for event in search_events(plan(asked), tmp_path / "b")]
    assert by_hand.count(TrialEnded) == 1
    assert gnas.open_run(tmp_path / "b").trials["identity"].to_list() == run.trials["identity"].to_list()


def test_pandas_frames_are_taken_as_they_are(frame: pl.DataFrame, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    n = frame.height
    theirs = pandas.DataFrame({**frame.to_dict(as_series=False), "rating": np.arange(n) % 5 + 1.0}, index=[7] * n)
    theirs["when"] = pandas.Timestamp("2026-01-01") + pandas.to_timedelta(np.arange(n), unit="h")
    run = gnas.train("lightgcn-1", theirs, out=tmp_path / "run", device="cpu", overrides={"train.epochs": 1})
    kept = pl.read_parquet(run.path / "data" / "interactions.parquet")
    assert kept.select("user", "item").equals(frame)
    assert kept["rating"].to_list() == theirs["rating"].to_list()
    assert kept["when"].dtype == pl.Datetime
    assert gnas.recommend(run, k=1, users=["anna-1"]).height == 1


def test_configurations_come_by_name_by_path_or_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("data: {source: synthetic}\nseed: 4\n")
    config = RunConfig.model_validate({"data": {"source": "synthetic"}, "seed": 4})
    seeds = [plan(asked_for(data, {"trials": 1})).config.seed for data in (tmp_path / "my.yaml", config)]
    assert seeds == [4, 4]
    assert plan(asked_for("smoke", {})).names == ("synthetic", "smoke")
    assert plan(asked_for(config, {"seed": 7, "space": gnas.load_space("smoke"), "trials": 1})).config.seed == 7


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: gnas.search(7), "data is a int; give a path, a name, a polars or pandas frame"),  # type: ignore[arg-type]
        (lambda: gnas.search(), "no data given"),
        (lambda: gnas.search("toy", trails=3), "no setting 'trails'.*did you mean 'trials'"),  # type: ignore[call-arg]
        (lambda: gnas.open_run("nowhere"), "no run directory at nowhere"),
        (lambda: gnas.evaluate("no-such-design", "toy"), "no architecture 'no-such-design'"),
    ],
)
def test_what_is_wrong_is_one_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(GnasError, match=sentence):
        call()


def test_a_frame_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        gnas.search(pl.DataFrame({"a": [1]}), trials=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_listener_that_raises_ends_the_work_and_leaves_nothing_behind(frame: pl.DataFrame, tmp_path: Path) -> None:
    def refuse(event: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gnas.search(frame, trials=1, out=tmp_path / "run", on_event=refuse)
    assert not (tmp_path / "run").exists()


def process(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    ).stdout


def test_importing_gnas_imports_nothing_heavy() -> None:
    heavy = ("torch", "torch_geometric", "optuna", "polars", "pydantic", "scipy", "numpy", "rich", "typer")
    found = process(f"import sys, gnas; dir(gnas); print([name for name in {heavy} if name in sys.modules])")
    assert found.strip() == "[]"


def test_editors_are_told_of_every_public_name() -> None:
    stub = (ROOT / "gnas" / "__init__.pyi").read_text()
    told = {line.split()[-1] for line in stub.splitlines() if line.startswith("from ")}
    assert told == {*gnas.__all__} - {"__version__"}
    assert {*gnas.__all__} <= {*dir(gnas)}


def test_public_names_win_over_subpackages_whatever_is_imported_first() -> None:
    code = "import gnas.search.events, gnas.train.loop, gnas.evaluate.evaluator, gnas\n"
    found = process(code + "print(*(callable(getattr(gnas, name)) for name in ('search', 'train', 'evaluate')))")
    assert found.split() == ["True"] * 3
    with pytest.raises(AttributeError, match="no attribute 'serch'"):
        gnas.serch  # type: ignore[attr-defined]  # noqa: B018
