"""What a step feeds to the formulas: the same pairs give the same loss, however they are batched."""

from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Trained
from gnas.config.losses import LOSSES
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.losses.step import Batch, LossValue
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives

N_USERS, N_ITEMS = 9, 14
rng = np.random.default_rng(4)
TAKEN = rng.random((N_USERS, N_ITEMS)) < 0.35
USER, ITEM = np.nonzero(TAKEN)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build_graph(Interactions(USER, ITEM, N_USERS, N_ITEMS), torch.device("cpu"))


def shuffled(graph: Graph) -> Batch:
    order = torch.randperm(len(USER), generator=torch.Generator().manual_seed(1))
    users, items = torch.from_numpy(USER)[order], torch.from_numpy(ITEM)[order]
    n_known = int(positives(graph).taken.count[users].sum())
    return Batch(users, items, None, n_known, full=False)


def everything(graph: Graph) -> Batch:
    return Batch(torch.from_numpy(USER), torch.from_numpy(ITEM), None, len(USER), full=True)


def few(graph: Graph) -> Batch:
    users, items = torch.from_numpy(USER[[0, 7, 3]]), torch.from_numpy(ITEM[[0, 7, 3]])
    return Batch(users, items, None, int(positives(graph).taken.count[users].sum()), full=False)


def outcome(graph: Graph, batch: Batch, loss: object, **parts: Any) -> tuple[LossValue, Candidate]:
    architecture = Trained.model_validate({"loss": loss, "dim": 6, **parts})
    model = build(architecture, graph, 0)
    assert isinstance(model, Candidate)
    objective = architecture.loss.build(positives(graph))
    return objective(model, *model.embed(True), batch, torch.Generator().manual_seed(0)), model


def cosines(model: Candidate) -> np.ndarray:
    user, item = (torch.nn.functional.normalize(x, dim=1) for x in model.embed(False))
    return np.asarray((user @ item.t()).detach())


def test_every_loss_can_be_built(graph: Graph) -> None:
    for _, spec in LOSSES.items():
        assert callable(spec().build(positives(graph)))


@pytest.mark.parametrize("scorer", ["dot", "cosine", "mlp"])
@pytest.mark.parametrize("loss", [{"softmax": {"negatives": 100}}, {"ccl": {"negatives": 100, "margin": 0.0}}])
def test_full_batch_equals_all_pairs_in_one_batch(graph: Graph, loss: object, scorer: str) -> None:
    """With every item as shared negative nothing is random; the fast path must agree with the plain one."""
    full, fast = outcome(graph, everything(graph), loss, scorer=scorer)
    mini, plain = outcome(graph, shuffled(graph), loss, scorer=scorer)
    assert full.loss.item() == pytest.approx(mini.loss.item(), rel=1e-5)
    for found in (full.loss, mini.loss):
        found.backward()
    assert fast.embedding.grad is not None
    assert plain.embedding.grad is not None
    torch.testing.assert_close(fast.embedding.grad, plain.embedding.grad, rtol=1e-4, atol=1e-6)


def test_softmax_over_all_items_leaves_out_what_the_user_knows(graph: Graph) -> None:
    found, model = outcome(graph, few(graph), {"softmax": {"negatives": 100, "temperature": 0.2}})
    logit = cosines(model) / 0.2
    terms = [
        -np.log(np.exp(logit[u, i]) / (np.exp(logit[u, i]) + np.exp(logit[u, ~TAKEN[u]]).sum()))
        for u, i in zip(USER[[0, 7, 3]], ITEM[[0, 7, 3]], strict=True)
    ]
    assert found.loss.item() == pytest.approx(np.mean(terms), rel=1e-5)


@pytest.mark.parametrize("correction", [0.0, 1.0])
def test_in_batch_softmax_is_corrected_for_popularity(graph: Graph, correction: float) -> None:
    batch = few(graph)
    found, model = outcome(graph, batch, {"in-batch-softmax": {"temperature": 0.2, "correction": correction}})
    share = TAKEN.sum(0) / TAKEN.sum()
    logit = cosines(model) / 0.2 - correction * np.log(np.maximum(share, 1e-9))
    terms = []
    for u, i in zip(batch.users_B.tolist(), batch.items_B.tolist(), strict=True):
        others = [j for j in batch.items_B.tolist() if not TAKEN[u, j]]
        terms.append(-np.log(np.exp(logit[u, i]) / (np.exp(logit[u, i]) + np.exp(logit[u, others]).sum())))
    assert found.loss.item() == pytest.approx(np.mean(terms), rel=1e-5)


def test_shared_hard_negative_is_the_best_of_its_group(graph: Graph) -> None:
    spec = {"ccl": {"negatives": 3, "sampling": {"hard": {"candidates": 4}}, "margin": -1.0, "negative_weight": 2.0}}
    batch = few(graph)
    found, model = outcome(graph, batch, spec)
    assert found.negatives is not None
    groups, cosine = found.negatives.view(3, 4).tolist(), cosines(model)
    terms = []
    for u, i in zip(batch.users_B.tolist(), batch.items_B.tolist(), strict=True):
        best = [max((cosine[u, j] for j in group if not TAKEN[u, j]), default=None) for group in groups]
        terms.append(1 - cosine[u, i] + 2 * np.mean([value + 1 for value in best if value is not None]))
    assert found.loss.item() == pytest.approx(np.mean(terms), rel=1e-5)


def test_full_batch_directau_aligns_every_pair(graph: Graph) -> None:
    spec = {"directau": {"gamma": 1e-9}}
    found, model = outcome(graph, everything(graph), spec)
    assert found.loss.item() == pytest.approx((2 - 2 * cosines(model)[USER, ITEM]).mean(), rel=1e-5)
    mini, _ = outcome(graph, shuffled(graph), spec)
    assert found.loss.item() == pytest.approx(mini.loss.item(), rel=1e-5)


def test_all_pairs_sees_every_pair(graph: Graph) -> None:
    found, model = outcome(graph, everything(graph), {"all-pairs": {"negative_weight": 0.2, "popularity": -0.5}})
    user, item = (x.detach().numpy() for x in model.embed(False))
    score = user @ item.T
    weight = np.maximum(TAKEN.sum(0), 1.0) ** -0.5
    every = (weight / weight.mean() * np.square(score)).sum()
    expected = (np.square(1 - score[TAKEN]).sum() + 0.2 * every) / TAKEN.sum()
    assert found.loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["bpr", "bce"])
def test_own_negatives_are_reported_and_unknown(graph: Graph, loss: str) -> None:
    batch = shuffled(graph)
    found, _ = outcome(graph, batch, {loss: {"negatives": 5}})
    assert found.negatives is not None
    assert found.negatives.shape == (len(USER), 5)
    assert not TAKEN[batch.users_B[:, None].numpy(), found.negatives.numpy()].any()
