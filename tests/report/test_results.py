from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import ItemGraph
from gnas.report.families import families_table
from gnas.report.found import Found, Winner
from gnas.report.results import (
    baseline_wins,
    figures_table,
    leader,
    looks_sentence,
    on_validation,
    shown_metrics,
    spread_table,
    validation_verdict,
    verdict,
)
from gnas.report.results import (
    test_table as table_of_test,
)
from gnas.report.tables import Cell, Table
from gnas.report.trials import TrialRow
from gnas.rundir.baselines import BaselineRecord
from gnas.rundir.best import BestRecord
from gnas.rundir.confirm import Confirmation, Confirmed
from gnas.rundir.layout import RunDirectory
from gnas.rundir.look import Lead, Look, Measured, Rival, SeedLook, Spread

RMSE = {"popularity": 1.1, "ease": 0.9}
BASELINES = [
    BaselineRecord("popularity", {}, {"ndcg@20": 0.1, "recall@20": 0.2, "rmse": 1.1}, 0.0),
    BaselineRecord("ease", {}, {"ndcg@20": 0.3, "recall@20": 0.4, "rmse": 0.9}, 0.0),
]


def look(**facts: Any) -> Look:
    start = Look("", (), "", "", "", 5, "ndcg@20", 100, {"ndcg@20": known(0.25)})
    return replace(start, **facts)


def known(value: float) -> Measured:
    return Measured(value, value - 0.01, value + 0.01)


def column(table: Table, name: str) -> list[Cell]:
    return [row[table.columns.index(name)] for row in table.rows]


def test_a_baseline_that_wins_is_told_first() -> None:
    values = on_validation("ndcg@20", BASELINES)
    assert verdict("ndcg@20", 0.25, values, "test") == (
        "A baseline wins: ease reaches ndcg@20 0.3000 on test, the best architecture 0.2500."
    )
    assert verdict("ndcg@20", 0.35, values, "test") == (
        "The best architecture reaches ndcg@20 0.3500 on test; the best baseline, ease, 0.3000."
    )
    assert "there is no baseline to compare it with" in verdict("ndcg@20", 0.35, {}, "validation")


@pytest.mark.parametrize(("value", "wins"), [(0.95, True), (0.85, False), (0.9, False)])
def test_for_errors_less_is_better(value: float, wins: bool) -> None:
    assert baseline_wins("rmse", value, RMSE) is wins
    assert leader("rmse", RMSE) == "ease"


def test_figures_stand_in_order_with_the_architecture_stressed() -> None:
    table = figures_table("ndcg@20", "mf", {"ndcg@20": 0.2, "recall@20": 0.5}, BASELINES, "")
    assert column(table, "recommender") == ["ease", "mf", "popularity"]
    assert table.best == {1}


def test_the_objective_comes_first_and_unmeasured_figures_stay_out() -> None:
    assert shown_metrics("ndcg@5", ["recall@5", "ndcg@5", "hit@10"]) == ["ndcg@5", "recall@5"]
    assert shown_metrics("rmse", ["mae", "rmse"]) == ["rmse", "mae"]


def test_a_look_shows_intervals_leads_and_p_values() -> None:
    ease = Rival("ease", {"ndcg@20": known(0.3)}, Lead(-0.05, -0.06, -0.04, 0.001, 0.002))
    table = table_of_test(look(baselines=(ease,)), "mf")
    assert column(table, "recommender") == ["ease", "mf"]
    assert column(table, "lead of the architecture") == ["-0.0500 [-0.0600, -0.0400]", None]
    assert column(table, "p (Holm)") == [0.002, None]
    assert column(table, "ndcg@20, 95 % interval") == ["[0.2900, 0.3100]", "[0.2400, 0.2600]"]


def test_later_looks_warn() -> None:
    assert looks_sentence(1, 1) == "This is the first look at the test split."
    assert looks_sentence(3, 3).startswith("This is look 3 at the test split: do not choose")
    assert looks_sentence(1, 4).startswith(
        "This is look 1 of this run, and 4 of all runs on these data at the test split"
    )
    assert "could not be counted" in looks_sentence(1, 0)


def test_seeds_are_shown_one_by_one() -> None:
    seeds = (SeedLook(1, 2, {"ndcg@20": 0.1}, {"ndcg@20": 0.2}),)
    table = spread_table(look(seeds=seeds, spread={"ndcg@20": Spread(0.2, 0.0)}))
    assert column(table, "ndcg@20") == [0.1, 0.2, 0.2, 0.0]


def found(*ranking: Confirmed, architecture: Architecture, value: float) -> Found:
    """A winner with this value of its trial, ease (a candidate too) at 0.3, popularity at 0.1."""
    record = BestRecord(architecture.identity, {"ndcg@20": value}, confirmed=Confirmation(ranking))
    winner = Winner(architecture, architecture.words, record)
    return Found(RunDirectory(Path()), "ndcg@20", winner, tuple(BASELINES), None, None, ())


EASE = ClosedForm(propagation=ItemGraph(ridge=1.0))
NET = Trained(dim=8)


def test_a_baseline_that_was_outranked_in_confirmation_does_not_win() -> None:
    first = Confirmed(4, NET.identity, 0.28, (0.27, 0.29), 0.28, 0.01)
    second = Confirmed(0, EASE.identity, 0.3, (0.25, 0.27), 0.26, 0.01)
    outranked = found(first, second, architecture=NET, value=0.28)
    assert validation_verdict(outranked) == (
        "The best architecture is ahead of the best baseline, ease, after confirmation: ndcg@20 0.2800 to 0.2600 "
        "(0.2800 to 0.3000 in their trials)."
    )
    itself = found(second, first, architecture=EASE, value=0.3)
    assert validation_verdict(itself) == (
        "The best architecture is a baseline as tuned, ease: ndcg@20 0.3000 on validation."
    )
    unknown = found(first, architecture=NET, value=0.28)
    assert validation_verdict(unknown).startswith("A baseline wins: ease"), "nobody trained it again"


def test_families_stand_side_by_side_with_the_fresh_rounds_that_both_went_through() -> None:
    first = Confirmed(4, NET.identity, 0.28, (0.27, 0.29), 0.28, 0.01)
    second = Confirmed(0, EASE.identity, 0.3, (0.25,), 0.25, 0.0)
    rows = [
        TrialRow(number, words, family, "complete", "", {"ndcg@20": value}, 1, 1.0, "")
        for number, words, family, value in (
            (0, "ease", "closed form", 0.3), (1, "gf-cf", "closed form", 0.31), (4, "net", "graph network", 0.28),
            (5, "mf", "factorisation", 0.2),
        )
    ]  # fmt: skip
    table = families_table(found(first, second, architecture=NET, value=0.28), rows)
    assert table is not None
    assert [row[:2] for row in table.rows] == [
        ("graph network", "net"), ("factorisation", "mf"), ("closed form", "ease"),
    ]  # fmt: skip
    assert column(table, "confirmed") == [0.28, None, 0.25]
    assert column(table, "to the winner") == [None, pytest.approx(-0.08), pytest.approx(-0.02)]
    assert table.best == {0}
