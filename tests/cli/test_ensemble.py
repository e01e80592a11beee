"""An ensemble beside the winner: chosen by a search, shown by `evaluate`, kept by a resumed search."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnas import open_run, recommend
from tests.cli.gnas_runner import Gnas, Ran, run_gnas, search_words

PLAIN = ("--set", "search.baselines=false", "--ensemble", 4)


def saved(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "best" / "ensemble.json").read_text())
    return found


@pytest.fixture(scope="module")
def blended(place: Path) -> tuple[Path, Ran]:
    """A search that found two members; on so few data that takes a try or two."""
    for seed in range(8):
        run = place / f"blended-{seed}"
        ran = run_gnas(*search_words(place, run, *PLAIN, "--seed", seed))
        assert ran.code == 0, ran.err
        if len(saved(run)["members"]) > 1:
            return run, ran
        assert "Ensemble: none is better than the winner alone on validation (ndcg@20 " in ran.out
    raise AssertionError("no seed made an ensemble")


@pytest.fixture
def ensembled(blended: tuple[Path, Ran], tmp_path: Path) -> Path:
    shutil.copytree(blended[0], tmp_path / "run")
    return tmp_path / "run"


def test_the_search_says_what_the_ensemble_consists_of(blended: tuple[Path, Ran]) -> None:
    run, ran = blended
    record = saved(run)
    values = record["validation"]
    assert values["ensemble"] > values["winner"]
    status = json.loads((run / "best" / "metrics.json").read_text())
    assert values["winner"] == status["validation"]["ndcg@20"]
    assert status["confirmed"]["ranking"][0]["number"] == record["candidates"][0]
    assert f"Ensemble of 2: ndcg@20 {values['ensemble']:.4f} on validation" in ran.out
    assert f"the winner alone {values['winner']:.4f}" in ran.out
    for member in record["members"]:
        assert f"  {member['weight']:.2f}  trial {member['trial']}: {member['words']}" in ran.out
    assert sum(member["weight"] for member in record["members"]) == pytest.approx(1)
    assert "choosing an ensemble on validation" in ran.err
    assert "Ensemble of 2: ndcg@20" in (run / "report.html").read_text()
    assert "ensemble: 4" in (run / "config.yaml").read_text()


def test_evaluate_shows_it_beside_the_winner_in_the_same_look(ensembled: Path, gnas: Gnas) -> None:
    ran = gnas("evaluate", ensembled, "--json")
    assert ran.code == 0, ran.err
    record = ran.document
    ensemble = record["ensemble"]
    assert record["looks"] == 1
    assert ensemble["name"].startswith("ensemble of 2: ")
    assert ensemble["members"] == saved(ensembled)["members"]
    figure = ensemble["metrics"]["ndcg@20"]
    assert figure["low"] <= figure["value"] <= figure["high"]
    own = record["metrics"]["ndcg@20"]["value"]
    assert ensemble["lead"]["difference"] == pytest.approx(own - figure["value"])
    assert 0 < ensemble["lead"]["p"] <= ensemble["lead"]["p_holm"] <= 1
    kept = json.loads((ensembled / "test.json").read_text())
    assert kept["count"] == 1
    assert {name: kept["looks"][0]["ensemble"][name] for name in ensemble} == ensemble
    assert ensemble["name"] in gnas("evaluate", ensembled).out
    assert ensemble["name"] in (ensembled / "report.html").read_text()


def test_it_recommends_and_is_compared(ensembled: Path, tmp_path: Path, gnas: Gnas) -> None:
    other = shutil.copytree(ensembled, tmp_path / "other")
    (other / "best" / "ensemble.yaml").unlink()
    winner, blend = (
        gnas("recommend", ensembled, *words, "-k", 3, "--json").document for words in ((), ("--ensemble",))
    )
    assert winner["users"] == blend["users"]
    assert winner["recommendations"] != blend["recommendations"]
    frame = recommend(ensembled, k=3, ensemble=True)
    assert frame["item"].to_list() == [one["item"] for one in blend["recommendations"]]
    refused = gnas("recommend", other, "--ensemble")
    assert refused.code == 2
    assert "has no ensemble; choose one with `gnas search --resume" in refused.err
    words = open_run(ensembled).ensemble.architecture.words
    assert words in gnas("compare", ensembled, other, "--ensemble").out


def test_every_member_is_refitted_where_asked(ensembled: Path, gnas: Gnas) -> None:
    plain, refitted = (gnas("evaluate", ensembled, *words, "--json").document for words in ((), ("--refit",)))
    assert refitted["ensemble"]["metrics"] != plain["ensemble"]["metrics"]
    assert refitted["ensemble"]["members"] == plain["ensemble"]["members"]
    assert refitted["looks"] == 2


def test_a_member_without_a_model_is_said(ensembled: Path, gnas: Gnas) -> None:
    number = saved(ensembled)["members"][1]["trial"]
    (ensembled / "trials" / f"{number:04d}" / "model.safetensors").unlink()
    ran = gnas("evaluate", ensembled)
    assert ran.code == 2
    assert f"names trial {number}, whose model is missing from its folder" in ran.err
    assert not (ensembled / "test.json").exists(), "that was no look"
    assert gnas("search", "--resume", ensembled).code == 0
    assert gnas("evaluate", ensembled).code == 0, "chosen again among those that are left"


def test_a_resumed_search_builds_what_is_missing_and_nothing_twice(ensembled: Path, gnas: Gnas) -> None:
    before = saved(ensembled)
    again = gnas("search", "--resume", ensembled, "--json")
    assert again.code == 0, again.err
    assert again.document["ensemble"] == before
    assert "choosing an ensemble" not in again.err
    (ensembled / "best" / "ensemble.json").unlink()
    again = gnas("search", "--resume", ensembled)
    assert "choosing an ensemble" in again.err
    assert saved(ensembled) == before


def test_a_finished_search_gets_one_later(copied: Path, gnas: Gnas) -> None:
    ran = gnas("search", "--resume", copied, "--ensemble", 3, "--json")
    assert ran.code == 0, ran.err
    assert ran.document["ensemble"] == saved(copied)
    assert saved(copied)["at_most"] == 3


def test_more_trials_leave_the_models_that_the_ensemble_needs(ensembled: Path, gnas: Gnas) -> None:
    needed = [member["trial"] for member in saved(ensembled)["members"]]
    ran = gnas("search", "--resume", ensembled, "--trials", 9)
    assert ran.code == 0, ran.err
    kept = {int(path.parent.name) for path in ensembled.glob("trials/*/model.safetensors")}
    assert kept >= set(needed)
    assert gnas("evaluate", ensembled).code == 0


def test_without_it_there_is_no_such_file(copied: Path, gnas: Gnas) -> None:
    assert not (copied / "best" / "ensemble.json").exists()
    assert "ensemble" not in gnas("evaluate", copied, "--no-baselines", "--json").document


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--ensemble", -1), "'--ensemble': Input should be greater than or equal to 0"),
        (("--ensemble", "many"), "'--ensemble': Input should be a valid integer"),
        (("--ensemble", 1), "an ensemble of 1 pick is the winner alone"),
        (("--set", "search.ensemble=-2"), "search.ensemble"),
        (("--set", "search.ensemble=yes"), "search.ensemble"),
    ],
)
def test_wrong_numbers_are_told(words: tuple[object, ...], sentence: str, place: Path, gnas: Gnas) -> None:
    ran = gnas(*search_words(place, Path("run"), *words))
    assert ran.code == 2
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert not Path("run").exists()


def test_the_ensemble_is_an_architecture_with_a_model(ensembled: Path, gnas: Gnas) -> None:
    found = open_run(ensembled).ensemble
    assert len(found.architecture.members) == len(saved(ensembled)["members"])
    looked = gnas("evaluate", ensembled, "--json", "--no-baselines")
    assert looked.code == 0, looked.err
    assert np.isfinite(found.score([found.users[0]])).all()
    trained = gnas(
        "train", ensembled / "best" / "ensemble.yaml", "--config", ensembled / "config.yaml", "--out", "again"
    )
    assert trained.code == 0, trained.err
    again = open_run("again")
    assert again.best.architecture.identity == found.architecture.identity
