"""Evaluators of a run: on validation, and on test as a whole and for known and new items and users."""

import numpy as np

from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.evaluate.evaluator import Evaluation, Evaluator, Measure, of_drawn_users, usual_metrics
from gnas.evaluate.groups import NEW_ITEMS, known_and_new
from gnas.evaluate.rating import RatingEvaluator
from gnas.metrics import metric_of, parse_metric
from gnas.nn.recommender import Recommender
from gnas.run.prepared import Prepared

WHOLE = "all"
AMONG = "new items among themselves"
Measures = dict[str, Measure]
ByGroup = dict[str, Evaluation]
"""By group, `WHOLE` first."""


def validation_evaluator(prepared: Prepared) -> Measure:
    """Full ranking of the validation items, train items masked; or the error of predicted ratings."""
    split = prepared.split
    return _evaluator(prepared, "validation", split.valid, [split.train])


def epoch_evaluator(prepared: Prepared, whole: Measure) -> Measure:
    """What the epochs of a training are validated by: `whole`, or a draw of its users where those are too many."""
    limit = prepared.config.train.validation_users
    if not isinstance(whole, Evaluator) or len(whole.users) <= limit:
        return whole
    drawn = of_drawn_users(prepared.split.valid, limit, prepared.config.seed)
    return _evaluator(prepared, "validation", drawn, [prepared.split.train], drawn=True)


def test_evaluator(prepared: Prepared) -> Measure:
    """Full ranking of the test items, train and validation items masked; or the error of predicted ratings."""
    split = prepared.split
    return _evaluator(prepared, "test", split.test, [split.train, split.valid])


def group_evaluator(prepared: Prepared, group: Interactions, offered: np.ndarray | None = None) -> Measure:
    """As `test_evaluator`, of the test interactions `group` alone; `offered` are the only items ranked, None: all."""
    split = prepared.split
    return _evaluator(prepared, "test", group, [split.train, split.valid], of_groups=True, offered=offered)


def _evaluator(
    prepared: Prepared,
    name: str,
    target: Interactions,
    seen: list[Interactions],
    of_groups: bool = False,
    offered: np.ndarray | None = None,
    drawn: bool = False,
) -> Measure:
    config = prepared.config
    if not len(target):
        raise DataError(f"the {name} part is empty, so nothing can be measured on it; change data.split.{name}")
    if prepared.ratings is not None:
        return RatingEvaluator(target, prepared.device, config.evaluate.memory_mib)
    asked = [metric for metric in [*config.search.objectives, *config.search.limits] if not metric_of(metric).is_cost]
    evaluator = Evaluator(
        target,
        seen,
        config.cutoffs,
        seed=config.seed,
        device=prepared.device,
        memory_mib=config.evaluate.memory_mib,
        metrics=[*usual_metrics(of_groups=of_groups), *(parse_metric(metric)[0] for metric in asked)],
        drawn=drawn,
    )
    return evaluator if offered is None else evaluator.among(offered)


def test_measures(prepared: Prepared, train: Interactions) -> Measures:
    """What measures a recommender that learnt from `train` on test.

    Groups stand apart only where test has items or users that `train` does not have; where whole items were held out
    (`cold-items`), these are also ranked among themselves.
    """
    target = prepared.split.test
    measures: Measures = {WHOLE: test_evaluator(prepared)}
    for name, part in known_and_new(target, train).items():
        measures[name] = group_evaluator(prepared, part)
        if name == NEW_ITEMS and prepared.config.data.split.kind == "cold-items" and prepared.ratings is None:
            measures[AMONG] = group_evaluator(prepared, part, offered=np.unique(part.item))
    return measures


def measured(measures: Measures, recommender: Recommender) -> ByGroup:
    """Every measure taken."""
    return {name: measure(recommender) for name, measure in measures.items()}
