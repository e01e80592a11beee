import numpy as np
import pytest

from gnas.evaluate.evaluator import Evaluation
from gnas.evaluate.uncertainty import leads, with_intervals
from gnas.rng import numpy_rng
from gnas.run.evaluate import mean_evaluation, spread
from gnas.rundir.look import Measured

USERS = np.arange(200)


def evaluation(shift: float = 0.0, users: np.ndarray = USERS) -> Evaluation:
    values = numpy_rng(0, "values").random(len(users)) + shift
    return Evaluation({"ndcg@10": float(values.mean()), "coverage@10": 0.5}, {"ndcg@10": values}, users)


def test_means_over_users_get_an_interval_and_other_figures_none() -> None:
    found = with_intervals(evaluation(), 500, 0)
    low, value, high = found["ndcg@10"].low, found["ndcg@10"].value, found["ndcg@10"].high
    assert low is not None
    assert high is not None
    assert low < value < high
    assert found["coverage@10"] == Measured(0.5)


def test_few_users_get_no_interval_where_more_are_wanted() -> None:
    assert with_intervals(evaluation(), 200, 0, least_users=200)["ndcg@10"].low is not None
    assert with_intervals(evaluation(), 200, 0, least_users=201)["ndcg@10"].low is None


def test_the_lead_is_paired_so_a_constant_shift_has_no_spread() -> None:
    found = leads(evaluation(0.1), {"a": evaluation(), "b": evaluation(0.1)}, "ndcg@10", 500, 0)
    assert found["a"].difference == pytest.approx(0.1)
    assert found["a"].low == pytest.approx(0.1)
    assert found["a"].p_holm == pytest.approx(2 * found["a"].p, rel=1e-9), "two comparisons"
    assert found["b"].p == 1.0


def test_a_figure_that_is_no_mean_over_users_is_not_compared() -> None:
    assert leads(evaluation(), {"a": evaluation()}, "coverage@10", 100, 0) == {}


def test_users_without_a_value_are_left_out() -> None:
    some = evaluation()
    some.per_user["ndcg@10"][:50] = np.nan
    some.metrics["ndcg@10"] = float(np.nanmean(some.per_user["ndcg@10"]))
    assert with_intervals(some, 200, 0)["ndcg@10"].low is not None
    assert leads(evaluation(0.1), {"a": some}, "ndcg@10", 200, 0)["a"].difference == pytest.approx(0.1)


def test_for_errors_less_is_a_lead_and_a_figure_over_ratings_has_no_interval_over_users() -> None:
    low, high = (Evaluation({"rmse": value + 0.05}, {"rmse": np.full(9, value)}, USERS[:9]) for value in (0.8, 0.9))
    assert leads(low, {"a": high}, "rmse", 200, 0)["a"].difference == pytest.approx(0.1)
    assert with_intervals(low, 200, 0)["rmse"].low is None


def test_other_users_are_refused() -> None:
    with pytest.raises(ValueError, match="a was measured on other users"):
        leads(evaluation(), {"a": evaluation(users=USERS + 1)}, "ndcg@10", 100, 0)


def test_the_mean_over_seeds_is_taken_user_by_user() -> None:
    both = mean_evaluation([evaluation(), evaluation(0.2)])
    assert both.metrics["ndcg@10"] == pytest.approx(evaluation(0.1).metrics["ndcg@10"])
    assert both.per_user["ndcg@10"] == pytest.approx(evaluation(0.1).per_user["ndcg@10"])


def test_the_spread_is_the_sample_deviation() -> None:
    found = spread([{"x": 1.0}, {"x": 3.0}])
    assert found["x"].mean == 2.0
    assert found["x"].std == pytest.approx(2**0.5)
    assert spread([{"x": 1.0}])["x"].std == 0.0
