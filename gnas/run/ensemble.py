"""A greedy ensemble of the confirmed candidates and the best of each kind, chosen on validation.

Ensemble Selection from Libraries of Models (Caruana et al., ICML 2004): the best alone to begin with; then, as long as
that helps, once more whichever candidate helps most, with replacement.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from gnas.config.architecture import Blend, BlendMember
from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.evaluate.evaluator import Measure, measured_together
from gnas.events import Note, Part, Phase, Work
from gnas.files import write_text
from gnas.metrics import metric_of
from gnas.nn.blend import BlendModel, keeping, standardised, weighted_sum
from gnas.nn.recommender import Recommender
from gnas.run.contenders import Contender, contender
from gnas.run.measures import epoch_evaluator
from gnas.run.prepared import Prepared, features_of
from gnas.rundir.ensemble import EnsembleRecord, EnsembleValues, Member, read_ensemble
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import write_record
from gnas.rundir.trial import read_status, trials_with_models
from gnas.train.checkpoint import save_model

MOST = 10
"""Candidates that are considered: each takes the scores of all users once a round."""
Picks = tuple[int, ...]
"""Trials as they were picked, the winner first; one that stands there twice weighs twice."""


def ensemble_of(
    run: RunDirectory,
    prepared: Prepared,
    evaluator: Measure,
    candidates: Sequence[int],
    stop: Callable[[], bool] = lambda: False,
    budget_s: float = math.inf,
) -> Work[EnsembleRecord | None]:
    """Choose the ensemble and write best/ensemble.json, unless it holds the answer; None if it was stopped.

    Candidates are compared on the users that epochs are validated on; what came out is measured by `evaluator`, as the
    winner was.

    Args:
        run: a search that is over.
        prepared: its data.
        evaluator: measures on all of validation.
        candidates: trials with a model, the winner first.
        stop: asked between rounds.
        budget_s: seconds for the choice. Half of it is for making the models; those that are not made by then are left
            out. Once it is over, the picks so far are the ensemble.

    Raises:
        RunError: a model is damaged, or of other data.
    """
    at_most, metric = prepared.config.search.picks, prepared.config.main_metric
    known = read_ensemble(run)
    if known is not None and (known.candidates, known.at_most) == (tuple(candidates), at_most):
        return known
    started = time.monotonic()

    def past(share: float) -> bool:
        return time.monotonic() - started > share * budget_s

    yield Phase("loading the confirmed candidates", total=len(candidates))
    found: dict[int, Contender] = {}
    saved: dict[int, Recommender] = {}
    models: dict[int, Recommender] = {}
    for number in candidates:
        one = contender(run, number) if len(models) < 2 or not past(0.5) else None
        if one is not None:
            found[number], saved[number] = one, one.saved(prepared)
            models[number] = keeping(comparable(prepared, saved[number]))
        yield Part(f"trial {number}")
    picks = yield from choose(models, epoch_evaluator(prepared, evaluator), metric, at_most, stop, lambda: past(1.0))
    if picks is None:
        yield Note(f"stopped before the ensemble was chosen; `gnas search --resume {run.path}` chooses it")
        return None
    yield Phase("measuring the ensemble on validation")
    winner = found[picks[0]].validation[metric]
    ensemble = evaluator(blended(models, picks)).metrics[metric] if len(set(picks)) > 1 else winner
    chosen = (
        Member(number, architecture.identity, architecture.words, count, count / len(picks))
        for number, count in Counter(picks).most_common()
        for architecture in (found[number].architecture,)
    )
    values = EnsembleValues(ensemble, winner)
    record = EnsembleRecord(metric, tuple(candidates), at_most, tuple(chosen), values)
    write_record(run.ensemble, record)
    _save(run, prepared, members(run), saved)
    return record


def _save(
    run: RunDirectory,
    prepared: Prepared,
    chosen: Mapping[int, tuple[Contender, float]],
    models: Mapping[int, Recommender],
) -> None:
    """Write the ensemble as an architecture, and its model; nothing where it is the winner alone."""
    if not chosen:
        return
    blend = blend_of(chosen)
    model = BlendModel(blend, [models[number] for number in chosen], prepared.ratings, features_of(prepared, blend))
    write_text(run.ensemble_architecture, dump_yaml(blend.shown()))
    save_model(run.ensemble_model, model, prepared.split.fingerprint)


def choose(
    models: Mapping[int, Recommender],
    measure: Measure,
    metric: str,
    at_most: int,
    stop: Callable[[], bool],
    late: Callable[[], bool] = lambda: False,
) -> Work[Picks | None]:
    """Picks of `models`, whose first is the winner, greedily by `metric`; None if it was stopped.

    Once it is `late` no further round begins.

    A round measures all its blends together, so that each model that is `keeping` its scores makes those of
    a block of users once a round.
    """
    yield Phase("choosing an ensemble on validation", total=at_most - 1)
    picks: Picks = (next(iter(models)),)
    values: dict[frozenset[tuple[int, Fraction]], float] = {}
    while len(picks) < at_most and len(models) > 1 and not late():
        if stop():
            return None
        tried = [(*picks, number) for number in models]
        new = {shares(one): one for one in [picks, *tried] if shares(one) not in values}
        measured = measured_together(measure, [blended(models, one) for one in new.values()])
        values |= {key: found.metrics[metric] for key, found in zip(new, measured, strict=True)}
        best = tried[0]
        for one in tried[1:]:
            best = one if metric_of(metric).better(values[shares(one)], values[shares(best)]) else best
        if not metric_of(metric).better(values[shares(best)], values[shares(picks)]):
            break
        picks = best
        yield Part(f"{len(picks)} picks", values[shares(picks)])
    return picks


def shares(picks: Picks) -> frozenset[tuple[int, Fraction]]:
    """The weight of each trial: two picks of each are what one of each is."""
    return frozenset((number, Fraction(count, len(picks))) for number, count in Counter(picks).items())


def blended(models: Mapping[int, Recommender], picks: Picks) -> Recommender:
    """The picks as one recommender; `models` on the same scale."""
    counts = Counter(picks)
    return weighted_sum([models[number] for number in counts], [count / len(picks) for count in counts.values()])


def comparable(prepared: Prepared, model: Recommender) -> Recommender:
    """The model on a scale that all share: standardised, but for predicted ratings, which are of one scale."""
    return model if prepared.ratings is not None else standardised(model)


def contestants(run: RunDirectory, ranking: Sequence[int], metric: str) -> list[int]:
    """What an ensemble is chosen from, the winner first: the confirmed, then others whose models are kept.

    Those are the best of their kinds, in the order of their trials' values; `MOST` in all.
    """
    kept = {trial.number: read_status(trial) for trial in trials_with_models(run)}
    confirmed = [number for number in ranking if number in kept]
    gain = metric_of(metric).gain
    others = [one for number, one in kept.items() if number not in confirmed and metric in one.metrics]
    others.sort(key=lambda one: gain(one.metrics[metric]), reverse=True)
    return [*confirmed, *(one.number for one in others)][:MOST]


def forget_other(run: RunDirectory, candidates: Sequence[int]) -> None:
    """Remove the ensemble of an earlier end of the search, which chose among others."""
    known = read_ensemble(run)
    if known is not None and known.candidates != tuple(candidates):
        for path in (run.ensemble, run.ensemble_architecture, run.ensemble_model):
            path.unlink(missing_ok=True)


def named_trials(run: RunDirectory) -> tuple[int, ...]:
    """The trials that best/ensemble.json needs the models of."""
    known = read_ensemble(run)
    return () if known is None else tuple(member.trial for member in known.members)


def members(run: RunDirectory) -> dict[int, tuple[Contender, float]]:
    """The members of a run's ensemble with their weights; empty where it has none beside the winner alone.

    Raises:
        RunError: a member's model is missing, or its architecture was edited.
    """
    known = read_ensemble(run)
    if known is None or len(known.members) < 2:
        return {}
    found: dict[int, tuple[Contender, float]] = {}
    again = f"put it back, or choose again with `gnas search --resume {run.path} --ensemble {known.at_most}`"
    for member in known.members:
        one = contender(run, member.trial)
        if one is None:
            raise RunError(
                f"{run.ensemble} names trial {member.trial}, whose model is missing from its folder; {again}"
            )
        if one.architecture.identity != member.architecture:
            what = f"{run.ensemble} names trial {member.trial}, whose architecture.yaml was edited since"
            raise RunError(f"{what}; {again}")
        found[member.trial] = (one, float(member.picks))
    return found


def together(
    chosen: Mapping[int, tuple[Contender, float]], ready: Mapping[int, Recommender], prepared: Prepared, refit: bool
) -> Work[Recommender]:
    """The ensemble that `members` found; models in `ready` are not read or fitted once more."""
    models = []
    for number, (member, _) in chosen.items():
        models.append(ready[number] if number in ready else (yield from member.recommender(prepared, refit)))
    return BlendModel(blend_of(chosen), models, prepared.ratings)


def blend_of(chosen: Mapping[int, tuple[Contender, float]]) -> Blend:
    """The ensemble that `members` found as an architecture."""
    return Blend(
        blend=[
            BlendMember(architecture=one.architecture, weight=weight, epochs=one.best_epoch)
            for one, weight in chosen.values()
        ]
    )
