"""Histories read by a Transformer: against torch's own attention, without influence of padding, and learning order."""

from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Trained
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.errors import ConfigError
from gnas.evaluate.evaluator import Evaluation
from gnas.features.bank import FeatureBank
from gnas.graph.bipartite import build_graph
from gnas.nn import behaviour
from gnas.nn.behaviour import Behaviour
from gnas.nn.model import Candidate, build
from gnas.nn.reader import TokenReader
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng
from gnas.train.loop import train
from tests.nn.torch_reader import by_torch, disturbed

CPU = torch.device("cpu")
D = 8
LOG = Interactions(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, 3, 4]), 4, 6, time=np.array([3, 1, 2, 9, 8, 5]))


def candidate(history: dict[str, Any], log: Interactions = LOG, **values: Any) -> Candidate:
    features = {"history": {"layers": 1, "dropout": 0.0, "entry": "early", **history}}
    tree = {"dim": D, "propagation": {"lightgcn": {"depth": 1}}, "features": features, **values}
    architecture = Trained.model_validate(tree)
    bank = FeatureBank({}, log)
    model = build(architecture, build_graph(log, CPU), 0, None, bank.select(architecture.features))
    assert isinstance(model, Candidate)
    disturbed(model)
    return model


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 2), (3, 4)])
def test_a_row_read_in_a_batch_equals_torchs_layers_alone(layers: int, heads: int) -> None:
    reader = TokenReader(D, layers, heads, 12, torch_rng("cpu", 0), 0.1)
    disturbed(reader)
    token_nTD = torch.randn(5, 6, D, generator=torch_rng("cpu", 1))
    known_nT = torch.tensor([[1] * 6, [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0], [0] * 6, [1] + [0] * 5]).bool()
    out_nO = reader(token_nTD, known_nT)
    for n in (0, 1, 2, 4):
        torch.testing.assert_close(out_nO[n], by_torch(reader, token_nTD[n, known_nT[n]]), rtol=1e-4, atol=1e-5)
    assert (out_nO[3] == 0).all()


def test_padding_has_no_influence() -> None:
    reader = TokenReader(D, 2, 2, D, torch_rng("cpu", 0), 0.1)
    disturbed(reader)
    token_nTD = torch.randn(2, 6, D, generator=torch_rng("cpu", 1)).requires_grad_()
    known_nT = torch.tensor([[1, 1, 0, 0, 1, 0], [0] * 6]).bool()
    out_nO = reader(token_nTD, known_nT)
    other = torch.where(known_nT[..., None], token_nTD, 1e3)
    torch.testing.assert_close(reader(other, known_nT), out_nO)
    torch.autograd.backward(out_nO.square().sum())
    gradient = token_nTD.grad
    assert gradient is not None
    assert ((gradient != 0).any(2) == known_nT).all()


def test_at_first_the_mean_is_read() -> None:
    reader = TokenReader(D, 2, 2, 2 * D, torch_rng("cpu", 0), 0.1)
    token_nTD = torch.randn(3, 4, D, generator=torch_rng("cpu", 1))
    mean_nD = torch.nn.functional.layer_norm(token_nTD, (D,)).mean(1)
    expected = 0.1 * torch.nn.functional.layer_norm(mean_nD, (D,))
    torch.testing.assert_close(
        reader(token_nTD, torch.ones(3, 4, dtype=torch.bool)), torch.cat([expected, expected], 1)
    )


def test_users_get_their_history_and_nobody_else_does() -> None:
    model = candidate({})
    layers = model.propagate(training=False).layers
    side = model.entry.behaviour if model.entry else None
    assert isinstance(side, Behaviour)
    assert side.place_LD is not None
    token_LD = model.embedding[4:][torch.tensor([0, 2, 1])] + side.place_LD  # user 0, latest first
    torch.testing.assert_close(layers[0][0], model.embedding[0] + by_torch(side.reader, token_LD), rtol=1e-4, atol=1e-5)
    token_D = (model.embedding[4 + 4] + side.place_LD[0])[None]
    torch.testing.assert_close(layers[0][2], model.embedding[2] + by_torch(side.reader, token_D), rtol=1e-4, atol=1e-5)
    assert (layers[0][3] == 0).all(), "neither history nor training"
    torch.testing.assert_close(layers[0][4:], model.embedding[4:])


def test_late_entry() -> None:
    model = candidate({"entry": "late"}, propagation={"lightgcn": {"depth": 1, "combine": "concat"}})
    layers, final = model.propagate(training=False)
    torch.testing.assert_close(layers[0][4:9], model.embedding[4:9])
    entry = model.entry
    assert entry is not None
    assert entry.behaviour is not None
    past = entry.behaviour(layers[0], None)
    assert past.shape == (10, 2 * D)
    assert (past.abs().sum(1) > 0).tolist() == [True] * 3 + [False] * 7
    torch.testing.assert_close(final, torch.cat(layers, 1) + past)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for most in (1 << 24, 2 * 3 * D):
        monkeypatch.setattr(behaviour, "MAX_NUMBERS", most)
        model = candidate({"layers": 2, "dropout": 0.3})
        final = model.propagate(True, torch_rng("cpu", 5)).final
        torch.autograd.backward(final.square().sum())
        found.append([final.detach(), *(p.grad for p in model.parameters() if p.grad is not None)])
    assert len(found[0]) == len(found[1]) > 10
    torch.testing.assert_close(found[1], found[0])


def test_a_share_of_the_history_is_left_out_while_training() -> None:
    model = candidate({"dropout": 0.5})
    still = model.propagate(False).final
    torch.testing.assert_close(model.propagate(False).final, still, rtol=0, atol=0)
    draws = [model.propagate(True, torch_rng("cpu", k)).layers[0][2] for k in range(200)]
    gone = [bool((draw - model.embedding[2]).abs().max() < 1e-7) for draw in draws]  # user 2 took one item
    assert 0.4 < np.mean(gone) < 0.6


def test_where_there_are_no_times_a_history_is_a_set() -> None:
    log = Interactions(LOG.user, LOG.item, 4, 6)
    side = candidate({}, log).entry.behaviour  # type: ignore[union-attr]
    assert side is not None
    assert side.place_LD is None


def test_heads_divide_dim() -> None:
    with pytest.raises(ConfigError, match=r"features\.history: heads 3 does not divide dim 8"):
        candidate({"heads": 3})


def test_histories_without_tables_bind_the_model_and_leave_others_as_they_are() -> None:
    plain = build(Trained(dim=D), build_graph(LOG, CPU), 0)
    architecture = Trained.model_validate({"dim": D, "features": {"history": {"layers": 1}}})
    chosen = FeatureBank({}, LOG).select(architecture.features)
    model = build(architecture, build_graph(LOG, CPU), 0, None, chosen)
    assert isinstance(plain, Candidate)
    assert isinstance(model, Candidate)
    torch.testing.assert_close(plain.embedding, model.embedding, rtol=0, atol=0)
    assert model.features_fingerprint
    assert not model.reads_items


def test_users_without_ids_are_known_by_what_they_took() -> None:
    """Four kinds of items; a user's embedding is nothing but the reading of eight items of its kind."""
    rng = np.random.default_rng(0)
    n_users, n_items = 120, 64
    kind_U, kind_I = rng.permutation(np.arange(n_users) % 4), rng.permutation(np.arange(n_items) % 4)
    taken = [(u, i) for u in range(n_users) for i in rng.choice(np.flatnonzero(kind_I == kind_U[u]), 8, replace=False)]
    user, item = np.array(taken).T.copy()
    log = Interactions(user, item, n_users, n_items, time=rng.permutation(len(user)))

    def measure(recommender: Recommender) -> Evaluation:
        score_UI = recommender.score(torch.arange(n_users)).numpy().copy()
        score_UI[user, item] = -np.inf
        return Evaluation({"ndcg@1": float((kind_I[score_UI.argmax(1)] == kind_U).mean())}, {}, np.arange(1))

    features = {"ids": False, "history": {"layers": 1, "dropout": 0.3, "length": 8}}
    architecture = Trained.model_validate(
        {"dim": 16, "lr": 0.01, "batch_size": 256, "propagation": "none", "features": features}
    )
    graph = build_graph(log, CPU)
    model = build(architecture, graph, 0, None, FeatureBank({}, log).select(architecture.features))
    assert isinstance(model, Candidate)
    assert (model.propagate(False).final[:n_users].abs().sum(1) > 0).all()
    options = TrainConfig(epochs=10, evaluate_every=10)
    *_, last = train(model, log, measure, seed=0, objective="ndcg@1", options=options)
    assert last.metrics["ndcg@1"] > 0.95  # chance is 0.25


@pytest.mark.parametrize("timed", [True, False])
def test_the_order_of_a_history_can_be_learned(timed: bool) -> None:
    """Everyone took the same four items; only their order tells users apart, by the item taken last."""
    rng = np.random.default_rng(0)
    n_users = 300
    item = np.concatenate([rng.permutation(4) for _ in range(n_users)])
    time = np.arange(len(item)) if timed else None
    log = Interactions(np.arange(n_users).repeat(4), item, n_users, 4, time=time)
    model = candidate({"length": 4}, log)
    last_U = torch.from_numpy(item[3::4].copy())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        user_UD, item_ID = model.split(model.propagate(True, torch_rng("cpu", 0)).layers[0])
        past_UD = user_UD - model.embedding[:n_users]
        loss = torch.nn.functional.cross_entropy(10 * past_UD[:200] @ item_ID.T, last_U[:200])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    user_UD, item_ID = model.split(model.propagate(False).layers[0])
    guess_U = ((user_UD - model.embedding[:n_users]) @ item_ID.T).argmax(1)
    right = float((guess_U == last_U)[200:].float().mean())
    assert right > 0.95 if timed else right < 0.5  # chance is 0.25
