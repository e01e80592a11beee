"""Candidates: parameters from their seed alone, scores from the current state, ratings within their scale."""

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.losses import MSE
from gnas.config.propagation import GAT, LightGCN, Mixed, NoPropagation, Propagation
from gnas.config.scorers import MLP, Cosine, Dot, Scorer
from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.graph.bipartite import build_graph
from gnas.nn.model import Candidate, build
from gnas.nn.ratings import RatingScale, rating_scale
from gnas.nn.recommender import Recommender
from tests.nn.op_formulas import CASES
from tests.nn.small_world import DIM, PAIRS, normal, rng, small_graph, stir

PROPAGATED: list[Propagation] = [NoPropagation(), *(case.spec for case in CASES), Mixed(ops=[GAT(), LightGCN()])]
SCALE = RatingScale(mean=3.5, low=1.0, high=5.0)
USERS = torch.arange(4)


def candidate(seed: int = 0, ratings: RatingScale | None = None, **written: object) -> Candidate:
    made = build(Architecture.model_validate({"dim": DIM, **written}), small_graph(), seed, ratings)
    assert isinstance(made, Candidate)
    return made


@pytest.mark.parametrize("propagation", PROPAGATED, ids=lambda p: p.kind)
@pytest.mark.parametrize("scorer", [Dot(), Cosine(), MLP()], ids=lambda s: s.kind)
def test_same_seed_same_model_and_no_other_randomness(propagation: Propagation, scorer: Scorer) -> None:
    before = torch.random.get_rng_state()
    one, two, other = (candidate(seed, propagation=propagation, scorer=scorer) for seed in (1, 1, 2))
    assert torch.equal(one.score(USERS), two.score(USERS))
    assert not torch.equal(one.score(USERS), other.score(USERS))
    assert isinstance(one, Recommender)
    assert one.score(USERS[:2]).shape == (2, 3)
    one.embed(training=True, generator=rng())
    assert torch.equal(before, torch.random.get_rng_state())
    assert one.n_parameters == sum(value.numel() for value in one.state_dict().values())


@pytest.mark.parametrize("propagation", PROPAGATED, ids=lambda p: p.kind)
def test_every_parameter_gets_a_gradient(propagation: Propagation) -> None:
    model = candidate(propagation=propagation, scorer=MLP())
    stir(model)
    user_UD, item_ID = model.embed(training=True, generator=rng())
    loss = model.edge_scores(user_UD, item_ID).square().sum()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    for (name, _), gradient in zip(model.named_parameters(), gradients, strict=True):
        assert gradient.isfinite().all(), name
        assert gradient.any(), name


def test_scores_are_those_of_the_propagated_embeddings() -> None:
    model = candidate(propagation=LightGCN(depth=2, message_dropout=0.5), feature_dropout=0.5)
    matrix = small_graph().interactions.adjacency(0.5).csr.to_dense()
    x_ND = (model.embedding + matrix @ model.embedding + matrix @ matrix @ model.embedding) / 3
    torch.testing.assert_close(model.score(USERS), x_ND[:4] @ x_ND[4:].t())
    user_UD, item_ID = model.embed(training=False)
    torch.testing.assert_close(user_UD, x_ND[:4])
    chosen = torch.tensor([[0, 2]] * 4)
    torch.testing.assert_close(model.scorer.pair(user_UD, item_ID[chosen]), model.score(USERS).gather(1, chosen))
    pairs = torch.tensor(PAIRS)
    torch.testing.assert_close(model.edge_scores(user_UD, item_ID), model.score(USERS)[pairs[:, 0], pairs[:, 1]])


@pytest.mark.parametrize("fused", [True, False])  # a fused step does not raise torch's count of changes
def test_scores_follow_every_update_and_load(fused: bool) -> None:
    model, other = candidate(0), candidate(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, fused=fused)
    for _ in range(2):
        before = model.score(USERS)
        user_UD, item_ID = model.embed(training=True, generator=rng())
        loss = model.edge_scores(user_UD, item_ID).sum()
        for parameter, gradient in zip(
            model.parameters(), torch.autograd.grad(loss, list(model.parameters())), strict=True
        ):
            parameter.grad = gradient
        optimizer.step()
        user_UD, item_ID = model.embed(training=False)
        assert not torch.equal(model.score(USERS), before)
        torch.testing.assert_close(model.score(USERS), user_UD @ item_ID.t())
    model.load_state_dict(other.state_dict())
    assert torch.equal(model.score(USERS), other.score(USERS))
    assert not model.score(USERS).requires_grad


def test_scoring_propagates_once_per_state(monkeypatch: pytest.MonkeyPatch) -> None:
    model = candidate()
    calls = []
    embed = model.embed

    def counted(training: bool) -> tuple[torch.Tensor, torch.Tensor]:
        calls.append(training)
        return embed(training)

    monkeypatch.setattr(model, "embed", counted)
    model.score(USERS[:2])
    model.score(USERS[2:])
    assert calls == [False]
    model.refresh()
    model.score(USERS)
    assert calls == [False, False]


def test_feature_dropout_acts_while_training_and_draws_from_its_generator() -> None:
    model = candidate(propagation=NoPropagation(), feature_dropout=0.5, dim=64)
    one, two, three = (torch.cat(model.embed(True, rng(seed))) for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)
    kept = one != 0
    torch.testing.assert_close(one[kept], 2 * model.embedding.detach()[kept])
    assert 0.4 < kept.float().mean() < 0.6
    assert model.layer0() is model.embedding


def test_starts_of_the_embeddings() -> None:
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, [60, 40], (700, 2)), axis=0)
    graph = build_graph(Interactions(pairs[:, 0], pairs[:, 1], 60, 40), torch.device("cpu"))

    def start(**written: object) -> torch.Tensor:
        made = build(Architecture.model_validate({"propagation": "none", **written}), graph, 0)
        assert isinstance(made, Candidate)
        return made.embedding.detach()

    assert start(dim=64, init_scale=0.3).std().item() == pytest.approx(0.3, rel=0.05)
    xavier = start(dim=64, init="xavier")
    for table, bound in ((xavier[:60], (6 / 124) ** 0.5), (xavier[60:], (6 / 104) ** 0.5)):
        assert 0.95 * bound < table.abs().max() <= bound
    svd = start(dim=8, init="svd", init_scale=0.2)
    assert svd.square().mean().sqrt().item() == pytest.approx(0.2, rel=1e-5)
    root = np.diag(1 / np.sqrt(np.maximum(graph.degree_N.numpy(), 1)))
    dense = root[:60, :60] @ graph.user_item.csr.to_dense().numpy() @ root[60:, 60:]
    u, s, v = np.linalg.svd(dense)
    best = (u[:, :8] * s[:8]) @ v[:8]
    product = (svd[:60] @ svd[60:].t()).numpy()
    np.testing.assert_allclose(product / np.linalg.norm(product), best / np.linalg.norm(best), atol=1e-4)
    wide = start(dim=50, init="svd", init_scale=0.2)
    assert 0 < wide[:, 40:].std() < 0.01


@pytest.mark.parametrize("scorer", ["dot", "cosine", "mlp"])
def test_ratings_start_at_the_mean_and_stay_within_the_scale(scorer: str) -> None:
    model = candidate(ratings=SCALE, loss="mse", scorer=scorer, init_scale=1e-6)
    torch.testing.assert_close(model.score(USERS), torch.full((4, 3), 3.5), atol=2.0, rtol=0)
    with torch.no_grad():
        assert model.bias is not None
        model.bias.copy_(normal(7, 1) * 0.1)
    user_UD, item_ID = model.embed(training=False)
    torch.testing.assert_close(model.scorer.pair(user_UD, item_ID.expand(4, 3, -1)), model.score(USERS))
    with torch.no_grad():
        model.bias.copy_(torch.tensor([9.0, -9, 0, 0, 0, 0, 0]).unsqueeze(1))
    scores = model.score(USERS)
    assert scores[:2].tolist() == [[5, 5, 5], [1, 1, 1]]


def test_biases_belong_to_rating_losses_alone() -> None:
    assert candidate(ratings=SCALE).bias is None
    assert candidate(ratings=SCALE, loss=MSE()).bias is not None


def test_rating_scale() -> None:
    user, item = np.array(PAIRS).T
    ratings = np.array([1, 5, 3, 3, 2, 4, 4.5], dtype=np.float32)
    assert rating_scale(Interactions(user, item, 4, 3, rating=ratings)) == RatingScale(22.5 / 7, 1, 5)
    with pytest.raises(DataError, match="rating prediction needs a rating column"):
        rating_scale(Interactions(user, item, 4, 3))


def test_concatenated_layers_reach_a_learned_scorer() -> None:
    model = candidate(propagation=LightGCN(depth=2, combine="concat"), scorer=MLP())
    assert model.embed(training=False)[0].shape == (4, 3 * DIM)
    assert model.score(USERS).shape == (4, 3)
