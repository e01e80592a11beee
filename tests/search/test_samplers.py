import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import optuna
import pytest
from scipy.stats import multivariate_normal

from gnas.search.mirror import mirror
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.proposal import Proposal
from gnas.search.samplers import SAMPLERS, predictor
from gnas.search.view import View
from tests.search.search_fakes import quality, run, setup, tiny_space, trials

ONE = Objectives(("ndcg@20",))


EVERY = [pytest.param(name, marks=pytest.mark.slow) if name == "gp" else name for name in SAMPLERS]


def history(n: int, seed: int = 0) -> tuple[Outcome, ...]:
    space, outcomes = tiny_space(), []
    for number in range(n):
        proposal = Proposal(space.draw(np.random.default_rng((seed, number))), "random")
        candidate = proposal.candidate
        outcomes.append(
            Outcome(
                number, candidate.identity, "complete", "random", candidate.params, candidate.architecture,
                proposal.distributions, values=(quality(candidate.architecture),), epochs=20,
            )
        )  # fmt: skip
    return tuple(outcomes)


def view(outcomes: tuple[Outcome, ...], **changes: object) -> View:
    facts = {"space": tiny_space(), "objectives": ONE, "number": len(outcomes), "seed": 1, "trials": 40} | changes
    return View(outcomes=outcomes, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EVERY)
def test_proposals_are_a_pure_function_of_history_and_number(name: str) -> None:
    past = history(15)
    first = [p and p.candidate.params for p in islice(SAMPLERS[name](view(past)), 4)]
    again = [p and p.candidate.params for p in islice(SAMPLERS[name](view(past)), 4)]
    assert first == again
    if name not in ("grid", "qmc"):
        other = [p and p.candidate.params for p in islice(SAMPLERS[name](view(past, seed=2)), 4)]
        assert first != other


@pytest.mark.parametrize("name", EVERY)
def test_proposals_lie_in_the_space(name: str) -> None:
    space = tiny_space()
    for proposal in islice(SAMPLERS[name](view(history(15))), 8):
        assert proposal is not None
        again = space.candidate(proposal.candidate.params)
        assert again.architecture == proposal.candidate.architecture
        assert again.domains == proposal.candidate.domains
        for name, distribution in proposal.distributions.items():
            assert distribution._contains(distribution.to_internal_repr(again.params[name]))


def test_tpe_goes_where_the_good_ones_are() -> None:
    proposals = [next(SAMPLERS["tpe"](view(history(60), seed=seed))) for seed in range(20)]
    found = [quality(proposal.candidate.architecture) for proposal in proposals if proposal]
    drawn = [outcome.values[0] for outcome in history(60) if outcome.values]
    assert np.mean(found) > np.mean(drawn) + 0.1


def test_portfolio_asks_tpe_first_and_then_every_fourth_time() -> None:
    origins = []
    for number in range(20):
        found = next(proposal for proposal in SAMPLERS["portfolio"](view(history(number))) if proposal)
        origins.append(found.origin)
    assert origins[:10] == ["tpe"] * 10
    assert [number for number in range(10, 20) if origins[number] == "tpe"] == [11, 15, 19]


def test_the_predictor_wants_what_is_good_more_than_chance_does() -> None:
    found = []
    for seed in range(20):
        proposal = next(SAMPLERS["predictor"](view(history(30), seed=seed)))
        assert proposal is not None
        found.append(quality(proposal.candidate.architecture))
    drawn = [outcome.values[0] for outcome in history(60) if outcome.values]
    assert np.mean(found) > np.mean(drawn) + 0.2


def test_the_predictor_never_wants_what_was_tried() -> None:
    past = history(30)
    tried = {outcome.identity for outcome in past}
    wanted = [p for p in islice(SAMPLERS["predictor"](view(past)), 20) if p]
    assert not tried & {proposal.candidate.identity for proposal in wanted}


def test_expected_improvement_agrees_with_sampling_from_the_posterior() -> None:
    rng = np.random.default_rng(0)
    x_TP, x_CP = rng.uniform(size=(12, 3)), rng.uniform(size=(5, 3))
    target_T = np.sort(rng.standard_normal(12))[::-1]
    parts = predictor._differences(x_TP, x_TP), predictor._differences(x_TP, x_CP)
    found_C = predictor._expected_improvement(*parts, target_T)
    fits = []
    for decay in predictor.DECAYS:
        k_TT = np.exp(-decay * parts[0]) + predictor.NOISE * np.eye(12)
        k_TC = np.exp(-decay * parts[1])
        mean_C = k_TC.T @ np.linalg.inv(k_TT) @ target_T
        spread_C = np.sqrt(1 - np.diag(k_TC.T @ np.linalg.inv(k_TT) @ k_TC))
        likelihood = multivariate_normal(np.zeros(12), k_TT).logpdf(target_T)
        fits.append((likelihood, mean_C, spread_C))
    _, mean_C, spread_C = max(fits, key=lambda fit: fit[0])
    draws_SC = mean_C + spread_C * rng.standard_normal((400_000, 5))
    expected_C = np.maximum(draws_SC - target_T.max(), 0).mean(axis=0)
    assert found_C == pytest.approx(expected_C, abs=0.003)


def test_evolution_forgets_the_old() -> None:
    past = history(30)
    origins = {p.origin for p in islice(SAMPLERS["evolution"](view(past)), 40) if p}
    assert origins <= {f"neighbour of {number}" for number in range(20, 30)}
    assert len(origins) > 3


def test_quasi_random_points_spread_better_than_random_ones() -> None:
    def lr(name: str) -> list[float]:
        found = [p.candidate.params.get("lr") for p in islice(SAMPLERS[name](view((), number=0)), 128) if p]
        return sorted(float(np.log10(value)) for value in found if value is not None)

    gaps = {name: np.diff(lr(name)).max() for name in ("qmc", "random")}
    assert gaps["qmc"] < gaps["random"]


def test_quasi_random_search_goes_on_with_the_next_point(tmp_path: Path) -> None:
    events = trials(run(setup(sampler="qmc", trials=6), tmp_path))
    expected = [p.candidate.params for p in islice(SAMPLERS["qmc"](view((), seed=0)), 6) if p]
    assert [dict(event.outcome.params) for event in events] == expected


def test_the_mirror_ranks_pruned_by_what_they_would_have_ended_with_and_failed_last() -> None:
    space = tiny_space()
    proposal = Proposal(space.draw(np.random.default_rng(0)), "random")
    candidate = proposal.candidate

    def outcome(number: int, state: str, value: float | None, rungs: dict[int, tuple[float, ...]]) -> Outcome:
        return Outcome(
            number, str(number), state, "x", candidate.params, candidate.architecture, proposal.distributions,  # type: ignore[arg-type]
            values=None if value is None else (value,), curve=rungs,
        )  # fmt: skip

    past = (
        outcome(0, "failed", None, {}),
        outcome(1, "pruned", 0.4, {10: (0.4,)}),  # those that ended had doubled since: 0.8
        outcome(2, "pruned", 0.5, {90: (0.5,)}),  # little came after that
        outcome(3, "pruned", 0.1, {10: (0.1,), 30: (0.1,)}),
        outcome(4, "complete", 0.6, {10: (0.3,), 50: (0.6,)}),
    )
    study = mirror(past, ONE, optuna.samplers.TPESampler())
    below, above = optuna.samplers._tpe.sampler._split_trials(study, study.get_trials(), 4)
    assert [trial.number for trial in below] == [1, 2, 3, 4]
    assert [trial.number for trial in above] == [0]
    one, _ = optuna.samplers._tpe.sampler._split_trials(study, study.get_trials(), 1)
    two, _ = optuna.samplers._tpe.sampler._split_trials(study, study.get_trials(), 2)
    three, _ = optuna.samplers._tpe.sampler._split_trials(study, study.get_trials(), 3)
    assert [[trial.number for trial in part] for part in (one, two, three)] == [[1], [1, 4], [1, 2, 4]]


def test_a_pruned_trial_is_no_loser_to_the_predictor() -> None:
    """It grows as those of its kind did, and stands among complete ones accordingly."""
    past = [replace(one, curve={50: (one.values[0] / 2,)}) for one in history(12) if one.values]
    trained = [one for one in past if one.architecture.trained]
    best = max(trained, key=lambda one: one.values or ())
    early = replace(best, state="pruned", values=(best.curve or {})[50])
    order = predictor._from_best_to_worst(view(tuple(early if one is best else one for one in past)))
    assert [one.number for one in order] == [one.number for one in predictor._from_best_to_worst(view(tuple(past)))]


def test_generations_of_genetic_samplers_advance(tmp_path: Path) -> None:
    events = trials(run(setup(sampler="nsga2", trials=35), tmp_path))
    generations = [next(iter((event.outcome.attrs or {"": 0}).values()), 0) for event in events]
    assert generations == sorted(generations)
    assert max(generations) >= 2


def test_a_sampler_is_added_without_importing_what_the_others_need(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from gnas.search.samplers import SAMPLERS\n"
        "@SAMPLERS.register('first-of-the-grid')\n"
        "def first(view):\n"
        "    from gnas.search.proposal import Proposal\n"
        "    yield Proposal(next(view.space.grid(2)), 'mine')\n"
    )
    lines = (
        "import sys; sys.path.insert(0, sys.argv[1]); import mine, gnas.space.search_space\n"
        "print(*sorted({'torch', 'optuna', 'scipy', 'polars'} & set(sys.modules)))\n"
        "from tests.search.search_fakes import run, setup, trials\n"
        "from pathlib import Path\n"
        "events = run(setup(sampler='first-of-the-grid', trials=2), Path(sys.argv[1]) / 'run')\n"
        "print(*(event.outcome.origin for event in trials(events)))\n"
    )
    done = subprocess.run([sys.executable, "-c", lines, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["", "mine random"], "nothing heavy; a random one where it has no more ideas"
