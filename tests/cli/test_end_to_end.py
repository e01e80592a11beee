import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from gnas.config.load import load_architecture, load_run_config
from tests.cli.gnas_runner import QUICK, Gnas, Ran, search_words

MEASURED = ("wall_s", "train_s", "latency_ms", "peak_mib")
"""Columns that tell of the machine rather than of the candidate."""


def test_search_leaves_everything_in_the_run_directory(searched: tuple[Path, Ran]) -> None:
    run, _ = searched
    names = {path.name for path in run.iterdir()}
    assert names >= {
        "config.yaml", "space.yaml", "space.sha256", "environment.json", "data.json", "study.journal", "trials",
        "trials.parquet", "trials.csv", "baselines.json", "confirm", "best", "report.html", "log.jsonl",
    }  # fmt: skip
    assert {path.name for path in (run / "best").iterdir()} == {
        "architecture.yaml",
        "model.safetensors",
        "metrics.json",
    }
    assert "test.json" not in names, "the search never looks at test"
    assert pl.read_parquet(run / "trials.parquet").height == 3
    assert load_run_config(str(run / "config.yaml")).config.train.epochs == 4
    assert load_architecture(str(run / "best" / "architecture.yaml"))


def test_the_summary_says_who_won_first_and_what_to_do_next(searched: tuple[Path, Ran]) -> None:
    run, ran = searched
    first = ran.out.splitlines()[0]
    assert first.startswith(("A baseline wins:", "The best architecture reaches ndcg@20"))
    for name in ("ease", "popularity", "gf-cf"):
        assert name in ran.out
    assert f"gnas evaluate {run}" in ran.out
    assert f"gnas recommend {run} -k 10" in ran.out


def test_plain_lines_tell_of_every_trial_and_baseline(searched: tuple[Path, Ran]) -> None:
    _, ran = searched
    assert "[3/3] trial 2:" in ran.err
    assert "tuning the baselines" in ran.err
    assert "confirming the best 2" in ran.err
    assert "user = 'customer'" in ran.err, "guesses are printed"


def test_evaluate_counts_its_looks_and_compares_with_the_baselines(copied: Path, gnas: Gnas) -> None:
    first = gnas("evaluate", copied, "--json")
    assert first.code == 0, first.err
    record = first.document
    assert record["looks"] == 1
    assert record["metrics"]["ndcg@20"]["low"] <= record["metrics"]["ndcg@20"]["value"]
    assert {one["name"] for one in record["baselines"]} >= {"ease", "popularity"}
    assert all(0 < one["lead"]["p"] <= one["lead"]["p_holm"] <= 1 for one in record["baselines"])
    runner_up = json.loads((copied / "best" / "metrics.json").read_text())["confirmed"]["ranking"][1]["number"]
    assert record["runner_up"]["trial"] == runner_up
    assert record["runner_up"]["lead"]["difference"] == pytest.approx(
        record["metrics"]["ndcg@20"]["value"] - record["runner_up"]["metrics"]["ndcg@20"]["value"]
    )
    second = gnas("evaluate", copied, "--no-baselines")
    assert "runner-up: " in second.out
    assert "This is look 2" in second.out
    kept = json.loads((copied / "test.json").read_text())
    assert kept["count"] == len(kept["looks"]) == 2
    assert kept["looks"][0]["metrics"] == record["metrics"]
    assert kept["looks"][1]["metrics"] == record["metrics"], "the same model, the same figures"
    assert "This is look 2" in (copied / "report.html").read_text()


def test_evaluate_refits_winner_and_baselines_where_asked(copied: Path, gnas: Gnas) -> None:
    plain, refitted = (gnas("evaluate", copied, *words, "--json").document for words in ((), ("--refit",)))
    epochs = json.loads((copied / "best" / "metrics.json").read_text())["best_epochs"]
    assert len(epochs) == 2, "its trial, and one fresh seed"
    assert refitted["refit"]["epochs"] == [round(sum(epochs) / 2)]
    assert "fitted on train and validation" in refitted["protocol"]
    assert refitted["metrics"] != plain["metrics"]
    assert "fitted on train and validation" in gnas("evaluate", copied, "--refit", "--no-baselines").out


def test_recommend_serves_everyone_without_what_they_took(
    searched: tuple[Path, Ran], place: Path, gnas: Gnas, tmp_path: Path
) -> None:
    run, _ = searched
    ran = gnas("recommend", run, "-k", 4, "-o", "recs.parquet", "--json")
    assert ran.code == 0, ran.err
    recs = pl.read_parquet(tmp_path / "recs.parquet")
    taken = pl.read_csv(place / "clicks.csv").select(user="customer", item="product")
    assert recs["user"].n_unique() == 60
    assert recs.group_by("user").len()["len"].unique().to_list() == [4]
    assert recs.join(taken, on=["user", "item"], how="semi").is_empty(), "nothing that the user took"
    assert recs["known"].all()


@pytest.mark.parametrize(("name", "read"), [("recs.csv", pl.read_csv), ("recs.jsonl", pl.read_ndjson)])
def test_recommend_writes_csv_and_json_lines(
    name: str, read: Callable[[Path], pl.DataFrame], searched: tuple[Path, Ran], gnas: Gnas, tmp_path: Path
) -> None:
    ran = gnas("recommend", searched[0], "-k", 2, "--user", "anna-3", "-o", name)
    assert ran.code == 0, ran.err
    recs = read(tmp_path / name)
    assert recs["user"].to_list() == ["anna-3"] * 2
    assert recs["rank"].to_list() == [1, 2]


def test_an_unknown_user_gets_the_popular_list_and_a_flag(searched: tuple[Path, Ran], place: Path, gnas: Gnas) -> None:
    ran = gnas("recommend", searched[0], "-k", 3, "--user", "nobody", "--user", "anna-1", "--json")
    assert ran.code == 0
    assert ran.document["unknown"] == ["nobody"]
    rows = [row for row in ran.document["recommendations"] if row["user"] == "nobody"]
    counts = pl.read_csv(place / "clicks.csv")["product"].value_counts()
    best = counts.sort("count", descending=True)["count"].head(3).to_list()
    assert [row["score"] for row in rows] == best
    assert not any(row["known"] for row in rows)
    assert "1 user(s) unknown" in ran.err


def test_users_from_a_file(searched: tuple[Path, Ran], gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("anna-2\n\nanna-5\n")
    ran = gnas("recommend", searched[0], "-k", 1, "--users", "ids.txt")
    assert [line.split(",")[0] for line in ran.out.splitlines()] == ["user", "anna-2", "anna-5"]


def test_a_finished_search_can_be_resumed_for_more_trials(copied: Path, gnas: Gnas) -> None:
    before = pl.read_parquet(copied / "trials.parquet")
    ran = gnas("search", "--resume", copied, "--trials", 4, "--json")
    assert ran.code == 0, ran.err
    after = pl.read_parquet(copied / "trials.parquet")
    assert after.height == 4
    assert after.head(3)["identity"].equals(before["identity"])
    assert "tuning the baselines" not in ran.err, "they are known for these data"


def test_a_changed_configuration_is_refused_with_the_difference(copied: Path, gnas: Gnas) -> None:
    ran = gnas("search", "--resume", copied, "--seed", 5)
    assert ran.code == 2
    assert "seed: 0 -> 5" in ran.err


def test_a_changed_space_is_refused_with_the_difference(copied: Path, place: Path, gnas: Gnas) -> None:
    (place / "other.yaml").write_text((place / "space.yaml").read_text().replace("[8, 16]", "[8, 32]"))
    ran = gnas(
        "search", "--data", place / "clicks.csv", "--space", place / "other.yaml", "--trials", 3, *QUICK,
        "--resume", copied,
    )  # fmt: skip
    assert ran.code == 2
    assert "dim.choice: [8, 16] -> [8, 32]" in ran.err


def test_changed_data_are_refused(copied: Path, place: Path, gnas: Gnas, tmp_path: Path) -> None:
    changed = tmp_path / "clicks.csv"
    changed.write_text((place / "clicks.csv").read_text() + "anna-0,item 1,5,1600000000\n")
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace(str(place / "clicks.csv"), str(changed)))
    for words in (("search", "--resume", copied), ("evaluate", copied), ("recommend", copied)):
        ran = gnas(*words)
        assert ran.code == 2
        assert "the data changed since this run began" in ran.err


def test_one_seed_gives_identical_trials(place: Path, gnas: Gnas, searched: tuple[Path, Ran], tmp_path: Path) -> None:
    ran = gnas(*search_words(place, tmp_path / "again", "--timeout", "20m", "--set", "search.baselines=false"))
    assert ran.code == 0, ran.err
    first, second = (
        pl.read_parquet(run / "trials.parquet").drop(MEASURED) for run in (searched[0], tmp_path / "again")
    )
    assert first.equals(second)


def test_json_is_one_object_and_everything_else_goes_to_stderr(place: Path, gnas: Gnas, tmp_path: Path) -> None:
    ran = gnas(*search_words(place, tmp_path / "run", "--json", "--set", "search.baselines=false"))
    assert ran.code == 0
    assert ran.document["run"] == str(tmp_path / "run")
    assert ran.document["reason"] == "trials"
    assert ran.document["best"]["validation"]["ndcg@20"] > 0
    assert "trial 0" in ran.err


def test_quiet_says_the_result_alone(searched: tuple[Path, Ran], gnas: Gnas) -> None:
    ran = gnas("recommend", searched[0], "-k", 1, "--user", "anna-1", "--quiet")
    assert ran.err == ""
    assert len(ran.out.splitlines()) == 2


def test_the_report_opens_offline_and_holds_every_section(searched: tuple[Path, Ran]) -> None:
    text = (searched[0] / "report.html").read_text()
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    for title in ("Best architecture", "On validation", "On test", "Course of the search", "Trials", "Data"):
        assert f"<h2>{title}</h2>" in text
    for chart in text.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + chart.split("</svg>")[0] + "</svg>")


def test_status_sees_the_search_from_outside(searched: tuple[Path, Ran], gnas: Gnas) -> None:
    run, _ = searched
    ran = gnas("status", run, "--json")
    assert ran.document["running"] is False
    assert ran.document["finished"] is True
    assert ran.document["trials"] == {"complete": 3} or sum(ran.document["trials"].values()) == 3
    assert f"The search in {run} is over." in gnas("status", run).out


def test_report_is_written_again(copied: Path, gnas: Gnas) -> None:
    (copied / "report.html").unlink()
    assert gnas("report", copied).code == 0
    assert (copied / "report.html").exists()


def test_train_leaves_a_run_that_evaluates_and_recommends(place: Path, gnas: Gnas, tmp_path: Path) -> None:
    architecture = tmp_path / "mine.yaml"
    architecture.write_text("propagation: {lightgcn: {depth: 2}}\ndim: 8\nlr: 0.02\nepochs: 4\n")
    out = tmp_path / "trained"
    ran = gnas("train", architecture, "--data", place / "clicks.csv", "--out", out, "--json")
    assert ran.code == 0, ran.err
    assert ran.document["epochs"] == 4
    assert gnas("recommend", out, "-k", 1).code == 0
    looked = gnas("evaluate", out, "--no-baselines", "--json")
    assert looked.code == 0, looked.err
    assert looked.document["looks"] == 1


def test_evaluating_an_architecture_reports_mean_and_spread_over_seeds(place: Path, gnas: Gnas, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("propagation: {lightgcn: {depth: 1}}\ndim: 8\nlr: 0.02\nepochs: 3\n")
    ran = gnas(
        "evaluate", "mine.yaml", "--data", place / "clicks.csv", "--seeds", 3, "--no-baselines", "--json",
        "--set", "evaluate.bootstrap=200",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    values = [row["test"]["ndcg@20"] for row in ran.document["seeds"]]
    assert len(set(values)) == 3, "three seeds, three trainings"
    assert ran.document["metrics"]["ndcg@20"]["value"] == pytest.approx(sum(values) / 3)
    assert ran.document["spread"]["ndcg@20"]["std"] > 0
    assert ran.document["looks"] == 1
    assert (tmp_path / ran.document["run"] / "test.json").exists()


def test_runs_on_the_same_data_are_compared_and_both_count_the_look(copied: Path, place: Path, gnas: Gnas) -> None:
    made = gnas("train", "mf", "--data", place / "clicks.csv", "--out", "other", "--set", "train.epochs=1", "--quiet")
    assert made.code == 0, made.err
    ran = gnas("compare", copied, "other", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["best"] == str(copied), "one epoch is not enough"
    assert ran.document["looks"] == {str(copied): 1, "other": 1}
    assert ran.document["baselines"][0]["lead"]["difference"] > 0
    assert json.loads((copied / "test.json").read_text())["looks"][0]["compared_with"] == ["other"]


def test_a_front_of_several_objectives_is_shown_and_saved(place: Path, gnas: Gnas, tmp_path: Path) -> None:
    words = search_words(place, tmp_path / "run", "--set", "search.baselines=false")
    ran = gnas(*words, "--objective", "ndcg@20", "--objective", "parameters")
    assert ran.code == 0, ran.err
    assert "Pareto front; the knee is" in ran.out
    front = json.loads((tmp_path / "run" / "pareto.json").read_text())["front"]
    assert all(set(row["values"]) == {"ndcg@20", "parameters"} for row in front)
    assert "<h2>Pareto front</h2>" in (tmp_path / "run" / "report.html").read_text()


def test_data_are_described_and_prepared_as_files_that_a_configuration_can_name(
    place: Path, gnas: Gnas, tmp_path: Path
) -> None:
    ran = gnas("data", "describe", place / "clicks.csv", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["n_interactions"] == 420
    ran = gnas("data", "prepare", place / "clicks.csv", "--out", "parts", "--json")
    assert ran.code == 0, ran.err
    parts = {part: pl.read_parquet(path).height for part, path in ran.document["files"].items()}
    assert sum(parts.values()) == 420
    again = gnas("data", "describe", "parts", "--json")
    assert {part: again.document[f"n_{part}"] for part in parts} == parts


def test_spaces_are_checked_sampled_counted_and_shown(place: Path, gnas: Gnas) -> None:
    space = place / "space.yaml"
    assert gnas("space", "check", space, "--json").document["ok"] is True
    drawn = gnas("space", "sample", space, "-n", 4, "--json").document["architectures"]
    assert len(drawn) == 4
    assert gnas("space", "sample", space, "-n", 4).out.splitlines() == [one["words"] for one in drawn]
    assert gnas("space", "size", space, "--json").document["exact"] is True
    assert "lightgcn" in gnas("space", "show", space).out
    assert "Traceback" not in gnas("space", "show").out


def test_the_catalogue_names_its_licences(gnas: Gnas) -> None:
    sets = gnas("data", "list", "--json").document["data_sets"]
    assert {"movielens-small", "gowalla", "synthetic"} <= {one["name"] for one in sets}
    assert all(one["licence"] for one in sets)


def test_doctor_finds_everything_well(gnas: Gnas) -> None:
    ran = gnas("doctor", "--json", "--device", "cpu")
    states = {check["name"]: check for check in ran.document["checks"]}
    assert states["self-check"]["ok"], states["self-check"]
    assert states["packages"]["ok"]
    assert ran.code == (0 if ran.document["healthy"] else 1)


def test_ratings_are_predicted_where_the_objective_asks_for_them(place: Path, gnas: Gnas, tmp_path: Path) -> None:
    ran = gnas(
        "search", "--data", place / "clicks.csv", "--space", "ratings", "--trials", 2, "--objective", "rmse",
        "--out", "run", "--timeout", "60s", *QUICK, "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert set(ran.document["best"]["validation"]) >= {"rmse", "mae"}
    assert "mean" in {one["name"] for one in ran.document["baselines"]}
    looked = gnas("evaluate", "run", "--json")
    assert looked.code == 0, looked.err
    assert looked.document["metrics"]["rmse"]["value"] > 0
    scores = [row["score"] for row in gnas("recommend", "run", "-k", 3, "--json").document["recommendations"]]
    assert all(1 <= score <= 5 for score in scores)


def test_the_worked_example_recommends_the_watch_and_the_clothes(gnas: Gnas) -> None:
    ran = gnas("search", "toy", "--out", "toy")
    assert ran.code == 0, ran.err
    recommended = gnas("recommend", "toy", "-k", 1, "--json").document["recommendations"]
    assert {(str(row["user"]), str(row["item"])) for row in recommended} == {("1", "4"), ("2", "1")}


def test_without_a_test_part_there_is_nothing_to_look_at(gnas: Gnas) -> None:
    assert gnas("train", "lightgcn-1", "--config", "toy", "--out", "run", "--set", "train.epochs=1").code == 0
    ran = gnas("evaluate", "run")
    assert ran.code == 2
    assert "the test part is empty, so nothing can be measured on it; change data.split.test" in ran.err


@pytest.mark.slow
def test_the_shipped_smoke_search_works_from_anywhere(gnas: Gnas, tmp_path: Path) -> None:
    ran = gnas("search", "smoke", "--json")
    assert ran.code == 0, ran.err
    run = tmp_path / ran.document["run"]
    assert run.parent.name == "runs"
    assert run.name.endswith("-synthetic-smoke")
    assert gnas("evaluate", run).code == 0


@pytest.mark.slow
def test_two_workers_share_one_budget(place: Path, gnas: Gnas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    words = search_words(place, tmp_path / "run", "--workers", 2, "--set", "search.baselines=false", "--trials", 6)
    ran = gnas(*words, "--set", "train={epochs: 150, patience: 150}")
    assert ran.code == 0, ran.err
    trials = pl.read_parquet(tmp_path / "run" / "trials.parquet")
    assert trials["state"].is_in(["complete", "pruned"]).sum() == 6
    assert trials["identity"].n_unique() == 6
    sessions = [json.loads(path.read_text()) for path in (tmp_path / "run" / "sessions").glob("*.json")]
    assert [session["leads"] for session in sessions].count(False) == 1
