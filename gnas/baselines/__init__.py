"""The classic recommenders that a search must beat, tuned on validation with the same evaluator.

`BASELINES` knows them all, the best default settings first in each grid.
"""

from gnas.baselines import bias, closed_forms, neighbours
from gnas.baselines.baseline import Baseline, solved
from gnas.config.architecture import ClosedForm
from gnas.metrics import metric_of
from gnas.registry import Registry
from gnas.rundir.baselines import BaselineRecord

BASELINES: Registry[Baseline] = Registry("baseline")
BASELINES.add("bias", Baseline(bias.fit_bias, bias.BIAS_GRID, predicts_ratings=True))
BASELINES.add("ease", solved(closed_forms.ease, closed_forms.EASE_GRID, closed_forms.near_ease, 5))
BASELINES.add("gf-cf", solved(closed_forms.gfcf, closed_forms.GFCF_GRID, closed_forms.near_gfcf, 8))
BASELINES.add("ials", solved(closed_forms.ials, closed_forms.IALS_GRID, closed_forms.near_ials, 30))
BASELINES.add("item-knn", Baseline(neighbours.fit_item_knn, neighbours.ITEM_KNN_GRID))
BASELINES.add("mean", Baseline(bias.fit_mean, bias.NOTHING, predicts_ratings=True))
BASELINES.add("popularity", Baseline(bias.fit_popularity, bias.NOTHING))
BASELINES.add("rp3beta", Baseline(neighbours.fit_rp3beta, neighbours.RP3BETA_GRID))


def baselines_for(objective: str) -> list[str]:
    """Names of the baselines that can be measured by `objective`: those that predict ratings, or those that rank."""
    wanted = metric_of(objective).of_ratings
    return [name for name, baseline in BASELINES.items() if baseline.predicts_ratings == wanted]


def candidate_of(record: BaselineRecord) -> ClosedForm | None:
    """The candidate of a search that is a tuned baseline; None where there is none."""
    candidate = BASELINES[record.name].candidate if record.name in BASELINES else None
    return None if candidate is None else ClosedForm(propagation=candidate(**record.params))
