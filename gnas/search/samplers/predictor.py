"""A Gaussian process over all parameters predicts the neighbours of the best; most of the default sampler."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from scipy.linalg import cho_solve, cholesky
from scipy.special import ndtri
from scipy.stats import norm

from gnas.search.curves import expected
from gnas.search.outcome import Outcome, ranked
from gnas.search.proposal import Proposal
from gnas.search.samplers.local import mutant
from gnas.search.samplers.uniform import uniform
from gnas.search.view import View

STARTUP = 10
"""Random trials before the first prediction."""
CANDIDATES = 40
"""How many are asked about for one trial."""
ANYWHERE = 8
"""How many of them are drawn anywhere in the space; the others are neighbours of the best."""
INCUMBENTS = 5
"""How many of the best have their neighbours among the candidates."""
DECAYS = (0.1, 0.2, 0.4, 0.8)
"""How fast the correlation of two candidates falls with the parameters in which they differ; the likeliest is taken."""
NOISE = 0.1
HISTORY = 500
"""Latest trials that are learned from: the cost is the cube of their number."""


def predictor(view: View) -> Iterator[Proposal | None]:
    """The neighbour of the best, or random candidate, with the largest expected improvement.

    The target is the normal score of a trial's rank, so that outliers and scales do not matter; failures rank last.
    The likeness of two candidates is exp(-decay · differences): a parameter that only one of them has, or another
    choice, counts 1, a number the difference as a share of its range.
    """
    if view.n_learned < STARTUP or not ranked(view.outcomes, view.objectives):
        yield from uniform(view)
    known = _from_best_to_worst(view)[:HISTORY]
    candidates = list(_candidates(view))
    if not candidates:  # the space holds nothing else
        return
    asked = [proposal.candidate.params for proposal in candidates]
    x_TP, x_CP = _encoded([outcome.params for outcome in known], asked, _ranges(known, candidates))
    target_T = ndtri((len(known) - np.arange(len(known)) - 0.5) / len(known))
    gain_C = _expected_improvement(_differences(x_TP, x_TP), _differences(x_TP, x_CP), target_T)
    for index in np.argsort(-gain_C, kind="stable"):
        yield candidates[index]
    yield from uniform(view)


def _from_best_to_worst(view: View) -> list[Outcome]:
    """Complete trials, and among them pruned ones by what they would likely have ended with; then failed ones.

    With several objectives pruned trials stand after the complete ones.
    """
    recent = view.outcomes[-HISTORY:]
    failed = [outcome for outcome in recent if outcome.state == "failed"]
    pruned = list(expected(recent, view.objectives).values())
    if len(view.objectives.names) > 1:
        return [*ranked(recent, view.objectives), *ranked(pruned, view.objectives), *failed]
    return [*ranked([*recent, *pruned], view.objectives), *failed]


def _candidates(view: View) -> Iterator[Proposal]:
    seen = {outcome.identity for outcome in view.outcomes}
    best = view.best(INCUMBENTS)
    for attempt in range(CANDIDATES):
        if attempt < ANYWHERE:
            found: Proposal | None = Proposal(view.draw(attempt), "predictor")
        elif not best:
            break
        else:
            found = mutant(view, best[attempt % len(best)], attempt)
        if found is not None and found.candidate.identity not in seen:
            seen.add(found.candidate.identity)
            yield found


def _ranges(known: Sequence[Outcome], candidates: Sequence[Proposal]) -> dict[str, BaseDistribution]:
    ranges: dict[str, BaseDistribution] = {}
    for distributions in (*(one.distributions for one in known), *(one.distributions for one in candidates)):
        ranges.update(distributions)
    return dict(sorted(ranges.items()))


def _encoded(
    known: Sequence[Mapping[str, Any]], asked: Sequence[Mapping[str, Any]], ranges: Mapping[str, BaseDistribution]
) -> tuple[np.ndarray, np.ndarray]:
    """One column a parameter: numbers as shares of their range, each choice far from the others, -1 where absent."""
    columns: list[tuple[str, BaseDistribution, dict[str, float]]] = [(name, r, {}) for name, r in ranges.items()]
    x_TP, x_CP = (
        np.array([[_code(params, *column) for column in columns] for params in settings]) for settings in (known, asked)
    )
    return x_TP, x_CP


def _code(params: Mapping[str, Any], name: str, distribution: BaseDistribution, numbers: dict[str, float]) -> float:
    if name not in params:
        return -1.0
    value = params[name]
    if not isinstance(distribution, IntDistribution | FloatDistribution):
        return numbers.setdefault(repr(value), 10.0 * (len(numbers) + 1))
    low, high, place = float(distribution.low), float(distribution.high), float(value)
    if distribution.log:
        low, high, place = math.log(low), math.log(high), math.log(place)
    return (place - low) / (high - low) if high > low else 0.0


def _differences(x_AP: np.ndarray, x_BP: np.ndarray) -> np.ndarray:
    """How much each of A differs from each of B, summed over parameters, each at most 1; [A, B]."""
    differences_ABP = np.minimum(np.abs(x_AP[:, None] - x_BP[None]), 1.0)
    return np.asarray(differences_ABP.sum(axis=2))


def _expected_improvement(differences_TT: np.ndarray, differences_TC: np.ndarray, target_T: np.ndarray) -> np.ndarray:
    """Expected improvement over the best target of each candidate (Jones et al., 1998), under the likeliest decay."""
    n = len(target_T)
    fits = []
    for decay in DECAYS:
        factor_TT = cholesky(np.exp(-decay * differences_TT) + NOISE * np.eye(n), lower=True)
        weight_T = cho_solve((factor_TT, True), target_T)
        likelihood = -0.5 * target_T @ weight_T - np.log(np.diag(factor_TT)).sum()
        fits.append((float(likelihood), decay, factor_TT, weight_T))
    _, decay, factor_TT, weight_T = max(fits, key=lambda fit: fit[0])
    k_TC = np.exp(-decay * differences_TC)
    mean_C = k_TC.T @ weight_T
    spread_C = np.sqrt(np.maximum(1 - (k_TC * cho_solve((factor_TT, True), k_TC)).sum(axis=0), 1e-9))
    z_C = (mean_C - target_T.max()) / spread_C
    return np.asarray(spread_C * (z_C * norm.cdf(z_C) + norm.pdf(z_C)))
