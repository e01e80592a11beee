"""Every loss against its cited formula, written out in NumPy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from gnas.nn.losses import formulas as losses

rng = np.random.default_rng(0)
POSITIVE = rng.normal(size=3)
NEGATIVE = rng.normal(size=(3, 4))
KNOWN = np.array([[True, False, False, True], [False] * 4, [True] * 4])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(x))


def unit(x: np.ndarray) -> np.ndarray:
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def test_bpr() -> None:
    terms = -np.log(sigmoid(POSITIVE[:, None] - NEGATIVE))
    assert losses.bpr(tensor(POSITIVE), tensor(NEGATIVE)).item() == pytest.approx(terms.mean())
    masked = losses.bpr(tensor(POSITIVE), tensor(NEGATIVE), tensor(KNOWN)).item()
    assert masked == pytest.approx(terms[~KNOWN].mean())


def test_bce() -> None:
    positive, negative = -np.log(sigmoid(POSITIVE)).mean(), -np.log(sigmoid(-NEGATIVE))
    assert losses.bce(tensor(POSITIVE), tensor(NEGATIVE)).item() == pytest.approx(positive + negative.mean())
    masked = losses.bce(tensor(POSITIVE), tensor(NEGATIVE), tensor(KNOWN)).item()
    assert masked == pytest.approx(positive + negative[~KNOWN].mean())


def test_softmax() -> None:
    e = np.exp
    share = e(POSITIVE) / (e(POSITIVE) + e(NEGATIVE).sum(1))
    loss = losses.softmax(tensor(POSITIVE).float(), tensor(NEGATIVE).float(), tensor(KNOWN & False)).item()
    assert loss == pytest.approx(-np.log(share).mean(), rel=1e-5)
    share = e(POSITIVE) / (e(POSITIVE) + (e(NEGATIVE) * ~KNOWN).sum(1))
    masked = losses.softmax(tensor(POSITIVE).float(), tensor(NEGATIVE).float(), tensor(KNOWN)).item()
    assert masked == pytest.approx(-np.log(share).mean(), rel=1e-5)


def test_ccl() -> None:
    excess = np.maximum(NEGATIVE - 0.4, 0)
    loss = losses.ccl(tensor(POSITIVE), tensor(NEGATIVE), 0.4, 7.0, tensor(KNOWN & False)).item()
    assert loss == pytest.approx((1 - POSITIVE + 7 * excess.mean(1)).mean())
    counts = np.maximum((~KNOWN).sum(1), 1)
    masked = losses.ccl(tensor(POSITIVE), tensor(NEGATIVE), 0.4, 7.0, tensor(KNOWN)).item()
    assert masked == pytest.approx((1 - POSITIVE + 7 * (excess * ~KNOWN).sum(1) / counts).mean())


def test_rows_shared_by_several_pairs() -> None:
    """Two pairs of one user read the same row of negatives."""
    row = np.array([2, 0, 2])
    z, n, k, r = tensor(POSITIVE).float(), tensor(NEGATIVE).float(), tensor(KNOWN), tensor(row)
    assert losses.softmax(z, n, k, r).item() == pytest.approx(losses.softmax(z, n[r], k[r]).item())
    assert losses.ccl(z, n, 0.1, 2.0, k, r).item() == pytest.approx(losses.ccl(z, n[r], 0.1, 2.0, k[r]).item())


def test_directau() -> None:
    u, i = unit(rng.normal(size=(5, 3))), unit(rng.normal(size=(5, 3)))
    distance = np.square(u - i).sum(1).mean()
    assert losses.alignment(tensor((u * i).sum(1))).item() == pytest.approx(distance)
    pairs = [np.exp(-2 * np.square(u[a] - u[b]).sum()) for a in range(5) for b in range(a)]
    spread = losses.uniformity(tensor(u).float(), torch.arange(5)).item()
    assert spread == pytest.approx(np.log(np.mean(pairs)), rel=1e-5)


def test_uniformity_leaves_out_a_node_against_itself() -> None:
    u = tensor(unit(rng.normal(size=(3, 4)))).float()
    node = torch.tensor([8, 2, 8, 5])
    pairs = [np.exp(-2 * (u[a] - u[b]).square().sum().item()) for a, b in [(0, 1), (0, 2), (1, 2), (1, 0)]]
    expected = np.log(np.mean([pairs[0], pairs[0], pairs[1], pairs[1], pairs[2]]))
    assert losses.uniformity(u[[0, 1, 0, 2]], node).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_all_pairs(weighted: bool) -> None:
    user, item = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
    weight = rng.random(6) if weighted else np.ones(6)
    taken = rng.random((4, 6)) < 0.4
    score = user @ item.T
    expected = (np.square(1 - score[taken]).sum() + 0.3 * (weight * np.square(score)).sum()) / taken.sum()
    given = tensor(weight) if weighted else None
    every = losses.square_sum(tensor(user), tensor(item), given)
    loss = losses.all_pairs(tensor(score[taken]), every, 0.3)
    assert loss.item() == pytest.approx(expected)


def test_mse() -> None:
    rating = rng.integers(1, 6, 3)
    assert losses.mse(tensor(POSITIVE), tensor(rating)).item() == pytest.approx(np.square(POSITIVE - rating).mean())


def test_info_nce() -> None:
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    logit = unit(a) @ unit(b).T / 0.2
    expected = np.mean([-np.log(np.exp(logit[v, v]) / np.exp(logit[v]).sum()) for v in range(4)])
    assert losses.info_nce(tensor(a).float(), tensor(b).float(), 0.2).item() == pytest.approx(expected, rel=1e-5)


def test_info_nce_counts_a_repeated_node_once() -> None:
    a, b = (tensor(rng.normal(size=(4, 3))).float() for _ in range(2))
    twice = torch.tensor([0, 1, 1, 2, 0, 3])
    repeated = torch.tensor([False, False, True, False, True, False])
    once = losses.info_nce(a, b, 0.2).item()
    assert losses.info_nce(a[twice], b[twice], 0.2, repeated).item() == pytest.approx(once, rel=1e-6)


EXTREME = torch.tensor([1e4, -1e4, 0.0])
FORMULAS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "bpr": lambda p, n: losses.bpr(p, n, tensor(KNOWN)),
    "bce": lambda p, n: losses.bce(p, n, tensor(KNOWN)),
    "softmax": lambda p, n: losses.softmax(p, n, tensor(KNOWN)),
    "ccl": lambda p, n: losses.ccl(p, n, 0.4, 100.0, tensor(KNOWN)),
    "alignment": lambda p, n: losses.alignment(p) + 0 * n.sum(),
    "uniformity": lambda p, n: losses.uniformity(normalize(n, dim=1), torch.zeros(3, dtype=torch.int64)) + 0 * p.sum(),
    "all-pairs": lambda p, n: losses.all_pairs(p, losses.square_sum(n, n), 0.1),
    "mse": lambda p, n: losses.mse(p, n[:, 0]),
    "info-nce": lambda p, n: losses.info_nce(n, n * p[:, None], 0.05, torch.tensor([False, True, True])),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_is_finite_at_extremes_and_where_all_is_masked(name: str) -> None:
    """Huge scores, a row whose negatives are all known, all nodes the same."""
    positive = EXTREME.clone().requires_grad_()
    negative = torch.outer(EXTREME, torch.tensor([1.0, -1.0, 0.5, 0.0])).requires_grad_()
    loss = FORMULAS[name](positive, negative)
    loss.backward()
    assert loss.isfinite()
    for gradient in (positive.grad, negative.grad):
        assert gradient is not None
        assert gradient.isfinite().all()
