"""The classic recommenders that a search must beat, tuned on validation with the same evaluator.

Each file holds one of them; `BASELINES` knows them all, best default settings first in each grid.
"""

from gnas.baselines import bias, ease, gfcf, ials, item_knn, popularity, rp3beta
from gnas.baselines.baseline import Baseline
from gnas.metrics import metric_of
from gnas.registry import Registry

BASELINES: Registry[Baseline] = Registry("baseline")
BASELINES.add("bias", Baseline(bias.fit_bias, bias.GRID, predicts_ratings=True))
BASELINES.add("ease", Baseline(ease.fit_ease, ease.GRID, candidate=ease.candidate))
BASELINES.add("gf-cf", Baseline(gfcf.fit_gfcf, gfcf.GRID, candidate=gfcf.candidate))
BASELINES.add("ials", Baseline(ials.fit_ials, ials.GRID, candidate=ials.candidate))
BASELINES.add("item-knn", Baseline(item_knn.fit_item_knn, item_knn.GRID))
BASELINES.add("mean", Baseline(bias.fit_mean, bias.MEAN_GRID, predicts_ratings=True))
BASELINES.add("popularity", Baseline(popularity.fit_popularity, popularity.GRID))
BASELINES.add("rp3beta", Baseline(rp3beta.fit_rp3beta, rp3beta.GRID))


def baselines_for(objective: str) -> list[str]:
    """Names of the baselines that can be measured by `objective`: those that predict ratings, or those that rank."""
    wanted = metric_of(objective).of_ratings
    return [name for name, baseline in BASELINES.items() if baseline.predicts_ratings == wanted]
