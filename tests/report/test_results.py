from dataclasses import replace
from typing import Any

import pytest

from gnas.report.results import (
    baseline_wins,
    figures_table,
    leader,
    looks_sentence,
    on_validation,
    shown_metrics,
    spread_table,
    verdict,
)
from gnas.report.results import (
    test_table as table_of_test,
)
from gnas.report.tables import Cell, Table
from gnas.rundir.baselines import BaselineRecord
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
