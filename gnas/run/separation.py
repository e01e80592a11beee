"""Whether the winner is told from the second where fresh seeds cannot say it: user by user, on validation."""

from dataclasses import replace

from gnas.evaluate.evaluator import Measure
from gnas.evaluate.uncertainty import leads
from gnas.run.contenders import contender
from gnas.run.prepared import Prepared
from gnas.rundir.layout import RunDirectory
from gnas.search.confirm import ALPHA
from gnas.search.events import Best


def told_apart(run: RunDirectory, prepared: Prepared, evaluator: Measure, best: Best) -> Best:
    """`best` with the p of a paired bootstrap over users, where it has none yet.

    A closed form has one value on a validation part that all seeds share, so there is nothing to test over seeds. It
    stays untested where the search does not confirm, where a model is gone, or where the main objective is no metric of
    users.
    """
    config, second = prepared.config, best.second
    if best.p_value is not None or second is None or config.search.confirm.top == 0:
        return best
    own, other = contender(run, best.confirmed.number), contender(run, second.number)
    metric = config.search.objectives[0]
    if own is None or other is None or metric != config.main_metric:
        return best
    found = leads(
        evaluator(own.saved(prepared)),
        {"second": evaluator(other.saved(prepared))},
        metric,
        config.evaluate.bootstrap,
        config.seed,
    )
    if not found:
        return best
    p_value: float = found["second"]["p"]
    return replace(best, p_value=p_value, separated=p_value < ALPHA)
