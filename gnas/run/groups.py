"""Test as a whole and in groups: known and new items, known and new users, new items among themselves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluation, Measure
from gnas.evaluate.groups import NEW_ITEMS, known_and_new
from gnas.nn.recommender import Recommender
from gnas.run.comparing import with_intervals
from gnas.run.prepared import Prepared, group_evaluator, test_evaluator

WHOLE = "all"
AMONG = "new items among themselves"

Measures = dict[str, Measure]
Measured = dict[str, Evaluation]
"""By group, `WHOLE` first."""


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


def measured(measures: Measures, recommender: Recommender) -> Measured:
    """Every measure taken."""
    return {name: measure(recommender) for name, measure in measures.items()}


def whole(found: Mapping[str, Measured]) -> Measured:
    """The figures on all of test, by recommender."""
    return {name: groups[WHOLE] for name, groups in found.items()}


def group_records(own: Measured, others: Mapping[str, Measured], n: int, seed: int) -> list[dict[str, Any]]:
    """What test.json keeps of the groups: users, the winner's figures, those of the others by name.

    Args:
        own: the winner.
        others: the others by name, with the same groups.
        n: resamples of the intervals.
        seed: of the intervals.
    """
    return [
        {
            "group": group,
            "n_users": len(evaluation.users),
            "metrics": with_intervals(evaluation, n, seed),
            "others": [
                {"name": name, "metrics": with_intervals(found[group], n, seed)} for name, found in others.items()
            ],
        }
        for group, evaluation in own.items()
        if group != WHOLE
    ]
