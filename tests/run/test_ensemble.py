"""The greedy choice against brute force, on worlds whose answer is known; what is read, refused and forgotten."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from gnas.data.interactions import Interactions
from gnas.errors import RunError
from gnas.evaluate.evaluator import Evaluator
from gnas.evaluate.rating import RatingEvaluator
from gnas.events import Part, finish
from gnas.nn.blend import keeping, standardised
from gnas.run.ensemble import choose, contestants, forget_other, members
from gnas.rundir.ensemble import EnsembleRecord, EnsembleValues, Member
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import write_record
from gnas.rundir.trial import TrialStatus

CPU = torch.device("cpu")
N_USERS, N_ITEMS = 60, 50


class Table:
    """A recommender with a given score for every pair; counts how many users it scored."""

    def __init__(self, score_UI: np.ndarray) -> None:
        self.score_UI = torch.from_numpy(score_UI.astype(np.float32))
        self.n_users, self.n_items = score_UI.shape
        self.scored = 0

    def score(self, users: torch.Tensor) -> torch.Tensor:
        self.scored += len(users)
        return self.score_UI[users]


def wanted(rng: np.random.Generator) -> np.ndarray:
    """What every user will take: four items [U, I]."""
    return np.argsort(rng.random((N_USERS, N_ITEMS)), axis=1) < 4


def evaluator(wanted_UI: np.ndarray, cutoff: int = 5) -> Evaluator:
    user, item = np.nonzero(wanted_UI)
    nothing = np.zeros(0, dtype=np.int64)
    seen = Interactions(nothing, nothing, N_USERS, N_ITEMS)
    return Evaluator(Interactions(user, item, N_USERS, N_ITEMS), seen, [cutoff], 0, CPU)


def picked(
    tables: Mapping[int, Table], measure: Evaluator, at_most: int, metric: str = "ndcg@5"
) -> tuple[int, ...] | None:
    models = {number: keeping(standardised(model)) for number, model in tables.items()}
    return finish(choose(models, measure, metric, at_most, lambda: False))


def ndcg(score_UI: np.ndarray, wanted_UI: np.ndarray, k: int) -> float:
    """By sorting, one user at a time."""
    found = []
    for score_I, wanted_I in zip(score_UI, wanted_UI, strict=True):
        gains = wanted_I[np.argsort(-score_I)[:k]] / np.log2(np.arange(k) + 2)
        found.append(gains.sum() / (1 / np.log2(np.arange(min(k, wanted_I.sum())) + 2)).sum())
    return float(np.mean(found))


def brute(tables: Mapping[int, Table], wanted_UI: np.ndarray, at_most: int, k: int) -> tuple[int, ...]:
    """The choice from its definition: scores of all users at hand, every blend summed anew."""
    scores = {number: model.score_UI.double().numpy() for number, model in tables.items()}
    scaled = {
        number: (score - score.mean(1, keepdims=True)) / score.std(1, keepdims=True) for number, score in scores.items()
    }
    picks = [next(iter(tables))]
    while len(picks) < at_most:
        values = {
            number: ndcg(sum(scaled[pick] for pick in [*picks, number]) / (len(picks) + 1), wanted_UI, k)
            for number in tables
        }
        now = ndcg(sum(scaled[pick] for pick in picks) / len(picks), wanted_UI, k)
        best = max(values, key=lambda number: values[number])
        if values[best] <= now + 1e-9:
            break
        picks.append(best)
    return tuple(picks)


@pytest.mark.parametrize("seed", range(6))
def test_the_choice_is_that_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted_UI = wanted(rng)
    tables = {
        number: Table(scale * (strength * wanted_UI + rng.normal(size=wanted_UI.shape)))
        for number, (strength, scale) in {7: (1.6, 1.0), 2: (1.5, 100.0), 9: (1.2, 0.01), 4: (0.6, 5.0)}.items()
    }
    expected = brute(tables, wanted_UI, 6, 5)
    assert len(expected) > 2
    assert picked(tables, evaluator(wanted_UI), 6) == expected


def halves(rng: np.random.Generator) -> tuple[np.ndarray, dict[int, Table]]:
    """Two who know one half of the users each, and say little of the others; the third knows nothing."""
    wanted_UI = wanted(rng)
    first_U1 = np.arange(N_USERS)[:, None] < N_USERS // 2 + 2
    noise = [rng.normal(size=wanted_UI.shape) for _ in range(3)]
    know = [first_U1, ~first_U1]
    tables = {n: Table(np.where(know[n], 9.0 * wanted_UI, 0) + 0.2 * noise[n]) for n in (0, 1)}
    return wanted_UI, {**tables, 2: Table(noise[2])}


def test_two_that_complement_each_other_beat_both() -> None:
    wanted_UI, tables = halves(np.random.default_rng(0))
    measure = evaluator(wanted_UI)
    picks = picked(tables, measure, 2)
    assert picks == (0, 1)
    models = {number: standardised(model) for number, model in tables.items()}
    events = list(choose(models, measure, "ndcg@5", 2, lambda: False))
    (round_,) = [event for event in events if isinstance(event, Part)]
    alone = max(measure(models[number]).metrics["ndcg@5"] for number in models)
    assert round_.value is not None
    assert round_.value > alone + 0.1


def test_where_nobody_adds_anything_the_winner_stays_alone() -> None:
    rng = np.random.default_rng(1)
    wanted_UI = wanted(rng)
    tables = {3: Table(wanted_UI + 0.01 * rng.random(wanted_UI.shape)), 5: Table(rng.normal(size=wanted_UI.shape))}
    assert picked(tables, evaluator(wanted_UI), 5) == (3,)
    assert picked({3: tables[3]}, evaluator(wanted_UI), 5) == (3,)


def test_metrics_of_which_less_is_better_go_down() -> None:
    """Two whose errors cancel; predicted ratings are averaged as they are."""
    rng = np.random.default_rng(2)
    rating_UI = rng.integers(1, 6, size=(N_USERS, N_ITEMS)).astype(np.float32)
    user, item = np.nonzero(rng.random((N_USERS, N_ITEMS)) < 0.3)
    target = Interactions(user, item, N_USERS, N_ITEMS, rating=rating_UI[user, item])
    error_UI = rng.normal(size=rating_UI.shape)
    models = {0: Table(rating_UI + error_UI), 1: Table(rating_UI - error_UI), 2: Table(rating_UI + 3)}
    assert finish(choose(models, RatingEvaluator(target, CPU), "rmse", 2, lambda: False)) == (0, 1)


def test_a_round_scores_each_user_once_with_each_model() -> None:
    wanted_UI, tables = halves(np.random.default_rng(0))
    measure = evaluator(wanted_UI)
    picks = picked(tables, measure, 4)
    assert picks is not None
    rounds = len(picks) if len(picks) < 4 else 3
    assert max(model.scored for model in tables.values()) <= rounds * len(measure.users)


def test_one_that_is_stopped_chooses_nothing() -> None:
    wanted_UI, tables = halves(np.random.default_rng(0))
    assert finish(choose(tables, evaluator(wanted_UI), "ndcg@5", 4, lambda: True)) is None


def test_once_it_is_late_the_picks_so_far_stand() -> None:
    wanted_UI, tables = halves(np.random.default_rng(0))
    asked = iter([False, True])
    models = {number: keeping(standardised(model)) for number, model in tables.items()}
    picks = finish(choose(models, evaluator(wanted_UI), "ndcg@5", 4, lambda: False, lambda: next(asked)))
    assert picks == (0, 1)


def run_with_models(path: Path, *numbers: int) -> RunDirectory:
    run = RunDirectory(path)
    for number in numbers:
        place = path / "trials" / f"{number:04d}"
        place.mkdir(parents=True)
        (place / "model.safetensors").write_bytes(b"")
        (place / "architecture.yaml").write_text("propagation: none\n")
        write_record(run.trial(number).status, TrialStatus(number, "complete", best_epoch=3, metrics={"ndcg@20": 0.1}))
    run.best.mkdir()
    return run


def record(*trials: int, candidates: tuple[int, ...] = (4, 2)) -> EnsembleRecord:
    chosen = (Member(trial, "0" * 12, "", picks, picks / len(trials)) for trial, picks in Counter(trials).items())
    return EnsembleRecord("ndcg@20", candidates, 5, tuple(chosen), EnsembleValues(0.2, 0.1))


def test_all_that_have_models_stand_for_election_the_confirmed_first(tmp_path: Path) -> None:
    run = run_with_models(tmp_path, 2, 4, 11)
    assert contestants(run, [11, 2], "ndcg@20") == [11, 2, 4]
    assert contestants(run, [11, 7, 2], "ndcg@20") == [11, 2, 4], "7 has no model"
    assert contestants(run, [4], "ndcg@20") == [4, 2, 11]


def test_an_ensemble_of_other_candidates_is_forgotten(tmp_path: Path) -> None:
    run = run_with_models(tmp_path, 2, 4)
    forget_other(run, [4, 2])
    write_record(run.ensemble, record(4, 2))
    forget_other(run, [4, 2])
    assert run.ensemble.exists()
    forget_other(run, [2, 4])
    assert not run.ensemble.exists()


def test_members_that_are_gone_or_changed_are_refused_with_what_to_do(tmp_path: Path) -> None:
    run = run_with_models(tmp_path, 2, 4)
    assert members(run) == {}
    write_record(run.ensemble, record(4))
    assert members(run) == {}, "the winner alone"
    write_record(run.ensemble, record(4, 9))
    (tmp_path / "trials" / "0004" / "architecture.yaml").write_text("propagation: none\ndim: 16\n")
    with pytest.raises(RunError, match=r"ensemble\.json names trial 4, whose architecture\.yaml was edited since"):
        members(run)
    (tmp_path / "trials" / "0004" / "model.safetensors").unlink()
    with pytest.raises(RunError, match=r"trial 4, whose model is missing .* --resume .* --ensemble 5`"):
        members(run)


def test_the_name_counts_members_and_picks() -> None:
    assert record(4, 2, 4).name == "ensemble of 2: 2 × trial 4, trial 2"
