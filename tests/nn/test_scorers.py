"""Scorers against one score at a time."""

import pytest
import torch
from torch import Tensor

from gnas.config.scorers import MLP, SCORERS, Cosine, Dot, Scorer
from gnas.nn import scorers
from gnas.nn.scorers import build_scorer
from tests.nn.small_world import normal, rng, small_graph, stir

DIM = 6
USER, ITEM = normal(4, DIM, seed=1), normal(3, DIM, seed=2)
SPECS = [Dot(), Cosine(), MLP(hidden=5, activation="tanh"), MLP(hidden=3)]


def naive(spec: Scorer, weights: dict[str, Tensor], u: Tensor, i: Tensor) -> Tensor:
    if isinstance(spec, MLP):
        hidden = weights["weight"] @ torch.cat([u, i, u * i]) + weights["bias"]
        return weights["out"][0] @ (hidden.tanh() if spec.activation == "tanh" else hidden.relu())
    return (u * i).sum() if isinstance(spec, Dot) else (u * i).sum() / (u.norm() * i.norm())


def table(spec: Scorer, weights: dict[str, Tensor], user: Tensor = USER, item: Tensor = ITEM) -> Tensor:
    return torch.stack([torch.stack([naive(spec, weights, u, i) for i in item]) for u in user])


def test_every_scorer_is_tried() -> None:
    assert {spec.kind for spec in SPECS} == set(SCORERS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: str(s.kind))
def test_all_pairs_edges_and_single_pairs_agree_with_the_formula(spec: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorers, "BLOCK_BYTES", 300)  # blocks of a few pairs
    scorer = build_scorer(spec, DIM, rng())
    stir(scorer)
    user, item = USER.clone().requires_grad_(), ITEM.clone().requires_grad_()
    inputs = [user, item, *scorer.parameters()]
    expected = table(spec, dict(scorer.named_parameters()), user, item)
    chosen = torch.tensor([[0, 2], [1, 1], [2, 0], [0, 1]])
    graph = small_graph()
    stored = graph.user_item.csr.to_dense().bool()
    pairs = {
        "all": (scorer.all(user, item), expected),
        "pair": (scorer.pair(user, item[chosen]), expected.gather(1, chosen)),
        "edges": (scorer.edges(user, item, graph.user_item), expected[stored]),
    }
    for ours, theirs in pairs.values():
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
        weight = normal(*ours.shape, seed=7)
        gradients = [torch.autograd.grad((s * weight).sum(), inputs, retain_graph=True) for s in (ours, theirs)]
        torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: str(s.kind))
def test_ratings_add_the_mean_and_the_biases(spec: Scorer) -> None:
    scorer, plain = (build_scorer(spec, DIM, rng(), mean) for mean in (3.5, None))
    bias_u, bias_i = normal(4, 1, seed=3), normal(3, 1, seed=4)
    user, item = torch.cat([USER, bias_u], dim=1), torch.cat([ITEM, bias_i], dim=1)
    expected = plain.all(USER, ITEM) + 3.5 + bias_u + bias_i.t()
    chosen = torch.tensor([[0, 2], [1, 1], [2, 0], [0, 1]])
    pairs = small_graph().user_item
    torch.testing.assert_close(scorer.all(user, item), expected)
    torch.testing.assert_close(scorer.pair(user, item[chosen]), expected.gather(1, chosen))
    torch.testing.assert_close(scorer.edges(user, item, pairs), expected[pairs.csr.to_dense().bool()])


def test_cosine_of_a_zero_vector_is_zero() -> None:
    scorer = build_scorer(Cosine(), DIM, rng())
    assert scorer.all(torch.zeros(1, DIM), ITEM).tolist() == [[0, 0, 0]]
