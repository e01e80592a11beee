"""The stack and its combinations against loops over layers."""

import weakref

import pytest
import torch
from torch import Tensor, nn

from gnas.config.named import COMBINES, Combine
from gnas.config.propagation import GAT, GCN, SAGE, Layered, LightGCN, Mixed, NoPropagation, Propagation
from gnas.graph.sparse import kept_edges
from gnas.nn.combine import Attention, Learned, Weighted
from gnas.nn.propagate import Stack, dropout
from tests.nn.small_world import DIM, links, normal, rng, small_graph, stir

X = normal(7, DIM, seed=1)
EDGES = small_graph().interactions


def stack_of(spec: Propagation, seed: int = 0) -> Stack:
    return Stack(spec, DIM, rng(seed)).eval()


def dense() -> Tensor:
    """The symmetric normalisation [7, 7]."""
    root = links().sum(1).clamp(min=1).rsqrt()
    return root[:, None] * links() * root


def powers(depth: int) -> list[Tensor]:
    layers = [X]
    for _ in range(depth):
        layers.append(dense() @ layers[-1])
    return layers


def test_every_combination_is_tried_below() -> None:
    assert set(COMBINES) == {"last", "mean", "sum", "concat", "learned", "attention", "crossed", "crossed-free"}


@pytest.mark.parametrize("layer0", [1.0, 0.4, 0.0])
def test_fixed_combinations(layer0: float) -> None:
    x = powers(3)
    expected: dict[Combine, Tensor] = {
        "last": x[3],
        "sum": layer0 * x[0] + x[1] + x[2] + x[3],
        "mean": (layer0 * x[0] + x[1] + x[2] + x[3]) / (layer0 + 3),
        "concat": torch.cat([layer0 * x[0], *x[1:]] if layer0 else x[1:], dim=1),
    }
    for combine, final in expected.items():
        result = stack_of(LightGCN(depth=3, combine=combine, layer0=layer0))(X, EDGES)
        torch.testing.assert_close(result.final, final)
        for ours, theirs in zip(result.layers, x, strict=True):
            torch.testing.assert_close(ours, theirs)


def test_learned_combination() -> None:
    stack = stack_of(LightGCN(depth=2, combine="learned"))
    x = powers(2)
    torch.testing.assert_close(stack(X, EDGES).final, sum(x) / 3)
    assert isinstance(stack.combine, Learned)
    with torch.no_grad():
        stack.combine.weight.copy_(torch.tensor([0.0, 1.0, 2.0]).log1p())
    torch.testing.assert_close(stack(X, EDGES).final, (x[0] + 2 * x[1] + 3 * x[2]) / 6)
    stack(X, EDGES).final.sum().backward()
    assert stack.combine.weight.grad is not None


def test_attention_combination() -> None:
    stack = stack_of(LightGCN(depth=2, combine="attention"))
    stir(stack)
    assert isinstance(stack.combine, Attention)
    weight, bias, query = stack.combine.weight, stack.combine.bias, stack.combine.query[0]
    x = torch.stack(powers(2))
    share = torch.softmax(torch.tanh(x @ weight.t() + bias) @ query, dim=0)
    torch.testing.assert_close(stack(X, EDGES).final, (share[:, :, None] * x).sum(0))


@pytest.mark.parametrize("layer0", [1.0, 0.4])
@pytest.mark.parametrize("combine", sorted(COMBINES))
def test_without_gradients_layers_are_let_go(combine: Combine, layer0: float) -> None:
    """The result is the same, the input stays as it is, and a sum never has more than two layers there."""
    stack = stack_of(LightGCN(depth=4, combine=combine, layer0=layer0, residual=0.1))
    stir(stack)
    expected, x = stack(X, EDGES), X.clone()
    there: list[weakref.ref[Tensor]] = []
    most = 0

    def counted(layer: nn.Module, _: object, out: Tensor) -> None:
        nonlocal most
        there.append(weakref.ref(out))
        most = max(most, sum(one() is not None for one in there))

    for layer in stack.layers:
        layer.register_forward_hook(counted)
    with torch.no_grad():
        found = stack(x, EDGES)
    assert not found.layers
    assert len(expected.layers) == 5
    torch.testing.assert_close(found.final, expected.final)
    torch.testing.assert_close(x, X, rtol=0, atol=0)
    assert most <= (5 if combine in ("concat", "attention") else 2)


@pytest.mark.parametrize("weights", [[1.0, 0.5, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]], ids=str)
def test_a_sum_of_layers_one_by_one_is_the_sum_of_all(weights: list[float]) -> None:
    layers = [normal(7, DIM, seed=seed) for seed in range(3)]
    before = [x.clone() for x in layers]
    expected = Weighted(weights)(layers)
    with torch.no_grad():
        assert torch.equal(Weighted(weights)(iter(layers)), expected)
    for x, y in zip(layers, before, strict=True):
        assert torch.equal(x, y)


def test_layer_weights_replace_the_combination() -> None:
    x = powers(2)
    spec = LightGCN(depth=2, combine="concat", layer0=0.5, weights=[0.2, 0.0, -1.5])
    torch.testing.assert_close(stack_of(spec)(X, EDGES).final, 0.2 * x[0] - 1.5 * x[2])
    assert not stack_of(LightGCN(depth=1, weights=[0.0, 0.0]))(X, EDGES).final.any()


def test_residual_to_layer_0() -> None:
    layers = stack_of(LightGCN(depth=2, combine="last", residual=0.3))(X, EDGES).layers
    first = 0.7 * dense() @ X + 0.3 * X
    torch.testing.assert_close(layers[1], first)
    torch.testing.assert_close(layers[2], 0.7 * dense() @ first + 0.3 * X)


@pytest.mark.parametrize("spec", [NoPropagation(), LightGCN(depth=0), LightGCN(depth=0, layer0=0.0), GCN(depth=0)])
def test_without_a_graph_the_embeddings_stay(spec: Propagation) -> None:
    stack = stack_of(spec)
    assert stack(X, EDGES).final is X
    assert not list(stack.parameters())


def test_mixed_is_its_layers_one_after_the_other() -> None:
    ops: list[Layered] = [GCN(activation="tanh"), LightGCN(norm="left"), GAT(heads=2), SAGE(aggregate="max")]
    stack = stack_of(Mixed(ops=ops, combine="sum", layer0=0.5, residual=0.1), seed=3)
    generator = rng(3)
    x, total = X, 0.5 * X
    for spec in ops:
        layer = spec.build(DIM, generator)
        x = 0.9 * layer(x, EDGES.adjacency(*layer.weighing)) + 0.1 * X
        total = total + x
    torch.testing.assert_close(stack(X, EDGES).final, total)


def test_edge_dropout_is_one_draw_for_all_layers() -> None:
    spec = LightGCN(depth=2, combine="last", edge_dropout=0.5)
    stack = stack_of(spec)
    factor = kept_edges(7, 0.5, rng(4), X)
    dropped = EDGES.adjacency(0.5).reweighted(factor).csr.to_dense()
    assert 0 < int((factor == 0).sum()) < 7
    torch.testing.assert_close(stack.train()(X, EDGES, generator=rng(4)).final, dropped @ dropped @ X)
    torch.testing.assert_close(stack.eval()(X, EDGES, generator=rng(4)).final, powers(2)[2])
    torch.testing.assert_close(stack.eval()(X, EDGES, generator=rng(4), edge_dropout=0.5).final, dropped @ dropped @ X)
    torch.testing.assert_close(stack.train()(X, EDGES, generator=rng(4), edge_dropout=0.0).final, powers(2)[2])


def test_message_dropout_acts_while_training() -> None:
    stack = stack_of(LightGCN(depth=1, combine="last", message_dropout=0.5))
    torch.testing.assert_close(stack(X, EDGES).final, powers(1)[1])
    out = stack.train()(X, EDGES, generator=rng(1)).final
    kept = out != 0
    torch.testing.assert_close(out[kept], 2 * powers(1)[1][kept])
    assert 0.2 < kept[:3].float().mean() < 0.8


def test_dropout_keeps_the_mean_and_draws_from_its_generator() -> None:
    x = torch.ones(200_000)
    assert dropout(x, 0.0, None) is x
    one, two = (dropout(x, 0.3, rng(2)) for _ in range(2))
    assert torch.equal(one, two)
    assert one.mean().item() == pytest.approx(1, abs=0.01)
    assert (one == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("spec", [NoPropagation(), LightGCN(depth=1, combine="last")])
def test_noise_has_the_given_length_and_the_sign_of_what_it_disturbs(spec: Propagation) -> None:
    stack = stack_of(spec)
    quiet, noisy = stack(X, EDGES).final, stack(X, EDGES, noise=0.1, generator=rng(3)).final
    noise = (noisy - quiet)[:3]
    torch.testing.assert_close(noise.norm(dim=1), torch.full((3,), 0.1))
    assert (noise * quiet[:3]).min() >= 0
    assert not torch.equal(noisy, stack(X, EDGES, noise=0.1, generator=rng(4)).final)
