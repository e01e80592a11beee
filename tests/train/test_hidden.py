"""Interactions that steps hide, layers that cross, and closed forms that a network corrects, against dense formulas."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture, Trained
from gnas.errors import TrialFailed
from gnas.nn import prior
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.checkpoint import load_model, save_model
from tests.train.planted_worlds import World, blocks, learn

EASE = {"item_graph": {"l2": 1.0}}
CROSSED = {"lightgcn": {"depth": 1, "norm": "root", "combine": "crossed"}}


@pytest.fixture(scope="module")
def world() -> World:
    return blocks()


def candidate(world: World, parts: dict[str, Any]) -> Candidate:
    model = build(Architecture.model_validate({"dim": 5, **parts}), world.graph, 0)
    assert isinstance(model, Candidate)
    return model


def dense(world: World) -> torch.Tensor:
    taken = torch.zeros(world.graph.n_users, world.graph.n_items)
    taken[torch.from_numpy(world.train.user), torch.from_numpy(world.train.item)] = 1
    return taken


def masked(world: World, architecture: Trained, seed: int = 0) -> list[Batch]:
    known = positives(world.graph)
    pairs = pairs_of(world.train, world.graph, architecture)
    return list(epoch_batches(pairs, known, world.graph, architecture, torch_rng("cpu", seed, "train")))


def test_one_crossed_layer_scores_by_what_the_user_took_and_by_who_took_the_item(world: World) -> None:
    model, taken = candidate(world, {"propagation": CROSSED}), dense(world)
    user, item = model.split(model.free().detach())
    read = taken / taken.sum(1, keepdim=True).sqrt() @ item
    readers = (taken / taken.sum(0).sqrt()).t() @ user
    expected = read @ item.t() + user @ readers.t()
    torch.testing.assert_close(model.score(torch.arange(world.graph.n_users)), expected)


def test_what_a_node_is_met_with_may_be_a_table_of_its_own(world: World) -> None:
    parts = {"lightgcn": {**CROSSED["lightgcn"], "combine": "crossed-free"}}
    model, taken = candidate(world, {"propagation": parts}), dense(world)
    assert model.met is not None
    user, item = model.split(model.free().detach())
    met_user, met_item = model.split(model.met.detach())
    read = taken / taken.sum(1, keepdim=True).sqrt() @ item
    readers = (taken / taken.sum(0).sqrt()).t() @ user
    expected = read @ met_item.t() + met_user @ readers.t()
    torch.testing.assert_close(model.score(torch.arange(world.graph.n_users)), expected)
    assert torch.equal(model.layer0(), torch.cat([model.free(), model.met], dim=1))


def test_deeper_crossed_layers_pair_short_walks_with_long_ones(world: World) -> None:
    parts = {"lightgcn": {"depth": 2, "combine": "crossed"}}
    model = candidate(world, {"propagation": parts})
    layers = [model.split(x.detach()) for x in model.propagate(True, torch_rng("cpu", 0)).layers]
    expected = sum((layers[k][0] @ layers[2 - k][1].t() for k in range(3)), torch.zeros(()))
    torch.testing.assert_close(model.score(torch.arange(world.graph.n_users)), expected)


@pytest.mark.parametrize("popularity", [0.0, 0.5])
@pytest.mark.parametrize("offset", ["none", EASE])
@pytest.mark.parametrize("mask", [0.0, 0.4])
def test_all_pairs_sums_over_hidden_and_unseen_pairs(world: World, popularity: float, offset: Any, mask: float) -> None:
    loss = {"all-pairs": {"negative_weight": 0.3, "popularity": popularity}}
    model = candidate(world, {"propagation": CROSSED, "loss": loss, "target_mask": mask, "prior": offset})
    architecture, taken = model.architecture, dense(world)
    batch = masked(world, architecture)[0]
    kept_E = torch.ones(world.graph.n_interactions) if batch.kept_E is None else batch.kept_E
    user, item = model.split(model.propagate(True, kept_E=batch.kept_E).final)
    score = (user @ item.t()).detach()
    if model.prior is not None:
        ease = build(Architecture.model_validate({"propagation": EASE}), world.graph, 0)
        score = score + ease.score(torch.arange(world.graph.n_users))
    degree = taken.sum(0).clamp(min=1) ** popularity
    weight = degree / degree.mean() if popularity else torch.ones(world.graph.n_items)
    factor = torch.zeros_like(taken)
    factor[batch.users_B, batch.items_B] = kept_E
    hidden = (taken == 1) & (factor == 0) if mask else taken == 1
    unseen = (weight * score.square())[taken == 0].sum() if mask else (weight * score.square()).sum()
    expected = ((1 - score[hidden]).square().sum() + 0.3 * unseen) / hidden.sum()
    value = architecture.loss.build(positives(world.graph))(model, user, item, batch, torch_rng("cpu", 0)).loss
    torch.testing.assert_close(value.detach(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mask", [0.0, 0.4])
def test_a_mass_weighs_the_mean_over_others_against_that_over_positives(world: World, mask: float) -> None:
    loss = {"all-pairs": {"mass": 7.0}}
    model, taken = candidate(world, {"loss": loss, "target_mask": mask}), dense(world)
    batch = masked(world, model.architecture)[0]
    user, item = model.split(model.propagate(True, kept_E=batch.kept_E).final)
    score = (user @ item.t()).detach()
    learnt = taken == 1
    if batch.kept_E is not None:
        learnt = torch.zeros_like(learnt)
        learnt[batch.users_B[batch.kept_E == 0], batch.items_B[batch.kept_E == 0]] = True
    others = score[taken == 0] if mask else score
    expected = (1 - score[learnt]).square().mean() + 7.0 * others.square().mean()
    value = model.architecture.loss.build(positives(world.graph))(model, user, item, batch, torch_rng("cpu", 0)).loss
    torch.testing.assert_close(value.detach(), expected, rtol=1e-4, atol=1e-5)


def test_a_hidden_interaction_reaches_nobody(world: World) -> None:
    model, taken = candidate(world, {"propagation": CROSSED}), dense(world)
    kept_E = torch.ones(world.graph.n_interactions)
    kept_E[3:9] = 0
    left = taken.clone()
    pattern = world.graph.user_item.pattern
    left[pattern.row[3:9], pattern.column[3:9].long()] = 0
    _, x_ID = model.split(model.free().detach())
    read = (left / taken.sum(1, keepdim=True).sqrt()) @ x_ID
    found, _ = model.split(model.propagate(False, kept_E=kept_E).layers[1].detach())
    torch.testing.assert_close(found, read)


@pytest.mark.parametrize("loss", ["bpr", "all-pairs"])
@pytest.mark.parametrize("batch_size", [16, "full"])
def test_what_is_learnt_is_hidden_and_the_rest_stands_for_all(world: World, loss: str, batch_size: Any) -> None:
    architecture = Trained.model_validate({"loss": loss, "target_mask": 0.3, "batch_size": batch_size})
    batches = masked(world, architecture)
    share = np.mean([float((batch.kept_E == 0).float().mean()) for batch in batches if batch.kept_E is not None])
    assert share == pytest.approx(0.3, abs=0.08)
    for batch in batches:
        assert batch.kept_E is not None
        assert batch.kept_E.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    if loss == "bpr":
        pattern, kept_E = world.graph.user_item.pattern, batches[0].kept_E
        assert kept_E is not None
        hidden = {(int(u), int(i)) for u, i in zip(pattern.row[kept_E == 0], pattern.column[kept_E == 0], strict=True)}
        learnt = [(int(u), int(i)) for b in batches for u, i in zip(b.users_B, b.items_B, strict=True)]
        assert sorted(learnt) == sorted(hidden)
    else:
        assert any(not torch.equal(batches[0].kept_E, b.kept_E) for b in batches[1:])  # type: ignore[arg-type]


def test_a_prior_alone_scores_as_its_closed_form(world: World) -> None:
    model = candidate(world, {"loss": "all-pairs", "prior": EASE})
    with torch.no_grad():
        model.embedding.zero_()
    ease = build(Architecture.model_validate({"propagation": EASE}), world.graph, 0)
    users = torch.tensor([4, 0, 2])
    torch.testing.assert_close(model.score(users), ease.score(users))


def test_a_correction_learns_what_its_prior_misses(world: World) -> None:
    weak = {"spectral": {"ideal": 1.0, "rank": 1, "response": "none"}}  # popularity, more or less
    _, alone = learn(world, {"propagation": weak})
    _, corrected = learn(world, {"propagation": CROSSED, "loss": "all-pairs", "target_mask": 0.4, "prior": weak})
    assert max(epoch.metrics["hit@1"] for epoch in corrected) > alone[0].metrics["hit@1"] + 0.3


def test_a_corrected_prior_is_read_back_as_it_was_saved(world: World, tmp_path: Path) -> None:
    parts = {"propagation": CROSSED, "loss": "all-pairs", "target_mask": 0.4, "prior": EASE, "dim": 5}
    model, _ = learn(world, parts)
    assert isinstance(model, Candidate)
    save_model(tmp_path / "model", model, "data")
    again = load_model(tmp_path / "model", model.architecture, world.graph, "data")
    users = torch.arange(world.graph.n_users)
    assert torch.equal(again.score(users), model.score(users))


def test_an_epoch_that_hides_nothing_has_no_steps_and_harms_nothing(world: World) -> None:
    model, epochs = learn(world, {"loss": "bpr", "target_mask": 1e-9, "epochs": 2})
    assert isinstance(model, Candidate)
    assert [epoch.loss for epoch in epochs] == [0.0, 0.0]


def test_a_prior_that_does_not_fit_into_memory_fails_the_trial(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior, "MAX_CELLS", 100)
    with pytest.raises(TrialFailed, match="a prior holds the scores of all 30 users for all 18 items, more than 100"):
        candidate(world, {"loss": "all-pairs", "prior": EASE})


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"loss": "mse", "target_mask": 0.2}, "loss mse learns ratings, of which target_mask hides none; set it to 0"),
        ({"loss": "bpr", "prior": EASE}, "loss bpr learns no correction of a prior; take all-pairs"),
        ({"loss": "all-pairs", "prior": "lightgcn"}, "prior lightgcn is trained; take a closed form, or none"),
    ],
)
def test_what_does_not_go_together_is_told(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Architecture.model_validate(parts)


def test_without_them_a_candidate_keeps_its_name() -> None:
    plain = Architecture.model_validate({"loss": "all-pairs"})
    same = Architecture.model_validate({"loss": "all-pairs", "target_mask": 0.0, "prior": "none"})
    other = Architecture.model_validate({"loss": "all-pairs", "target_mask": 0.5, "prior": EASE})
    assert plain.identity == same.identity
    assert not {"target_mask", "prior"} & set(plain.canonical())
    assert "mask 0.5 · prior (item graph λ1 · norm 0/0)" in other.words
