"""Every product equals its dense formula, and its gradients the numerical ones."""

import pytest
import torch
from torch.autograd import gradcheck

from gnas.graph import additive, segments
from gnas.graph.pattern import Pattern, start_of
from gnas.graph.products import WIDE, sampled_dot, sparse_dense
from gnas.graph.sparse import SparseMatrix, kept_edges
from tests.graph.small_graph import normal, random_pattern

SHAPES = [(7, 5, 0), (4, 9, 1), (6, 6, 2)]


def dense(mask: torch.Tensor, value: torch.Tensor, empty: float = 0.0) -> torch.Tensor:
    return torch.full(mask.shape, empty, dtype=value.dtype).masked_scatter(mask, value)


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
def test_pattern_and_its_transpose(n_rows: int, n_columns: int, seed: int) -> None:
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    value = torch.arange(1.0, pattern.nnz + 1)
    assert torch.equal(pattern.csr(value).to_dense(), dense(mask, value))
    assert torch.equal(pattern.row, mask.nonzero()[:, 0])
    turned = pattern.transposed.csr(value[pattern.to_transposed]).to_dense()
    assert torch.equal(turned, dense(mask, value).t())
    assert pattern.transposed.transposed is pattern
    assert pattern.start.dtype == pattern.column.dtype == torch.int32
    kept = value % 3 != 0
    assert torch.equal(pattern.where(kept).csr(value[kept]).to_dense(), dense(mask, value * kept))


def test_blocks_cover_every_entry_once() -> None:
    pattern, _ = random_pattern(9, 8, 0)
    blocks = pattern.blocks(4)
    assert [block.first for block in blocks] == list(range(0, pattern.nnz, 4))
    for first, last, first_row, last_row in blocks:
        assert pattern.row[first:last].tolist() == sorted(pattern.row[first:last].tolist())
        assert (first_row, last_row) == (int(pattern.row[first]), int(pattern.row[last - 1]) + 1)


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
@pytest.mark.parametrize("dim", [1, 3, WIDE])
def test_sparse_dense(n_rows: int, n_columns: int, seed: int, dim: int) -> None:
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    value, x = normal(pattern.nnz, seed=1), normal(n_columns, dim, seed=2)
    torch.testing.assert_close(sparse_dense(pattern, value, x), dense(mask, value) @ x)
    if dim < WIDE:
        assert gradcheck(lambda value, x: sparse_dense(pattern, value, x), (value, x))


def test_wide_products_have_the_gradients_of_the_dense_ones() -> None:
    pattern, mask = random_pattern(7, 5, 0)
    value, x, weight = normal(pattern.nnz, seed=1), normal(5, 2 * WIDE, seed=2), normal(7, 2 * WIDE, seed=3)
    ours = torch.autograd.grad((sparse_dense(pattern, value, x) * weight).sum(), [value, x])
    theirs = torch.autograd.grad(((dense(mask, value) @ x) * weight).sum(), [value, x])
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
def test_matmul_of_a_fixed_matrix(n_rows: int, n_columns: int, seed: int) -> None:
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    value, x = normal(pattern.nnz, seed=1).detach(), normal(n_columns, 3, seed=2)
    matrix = SparseMatrix(pattern, value)
    torch.testing.assert_close(matrix.matmul(x), dense(mask, value) @ x)
    torch.testing.assert_close(matrix.transposed.csr.to_dense(), dense(mask, value).t())
    assert matrix.transposed.transposed is matrix
    assert gradcheck(matrix.matmul, (x,))
    assert torch.autograd.gradgradcheck(matrix.matmul, (x,))


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
def test_sampled_dot(n_rows: int, n_columns: int, seed: int) -> None:
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    left, right = normal(n_rows, 3, seed=1), normal(n_columns, 3, seed=2)
    torch.testing.assert_close(sampled_dot(pattern, left, right), (left @ right.t())[mask])
    assert gradcheck(lambda left, right: sampled_dot(pattern, left, right), (left, right))


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
def test_edge_sum(n_rows: int, n_columns: int, seed: int) -> None:
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    left, right = normal(n_rows, seed=1), normal(n_columns, seed=2)
    torch.testing.assert_close(segments.edge_sum(pattern, left, right), (left[:, None] + right)[mask])
    assert gradcheck(lambda left, right: segments.edge_sum(pattern, left, right), (left, right))


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
def test_segment_softmax(n_rows: int, n_columns: int, seed: int) -> None:
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    logit = normal(pattern.nnz, seed=1)
    expected = dense(mask, logit, -torch.inf).softmax(1)[mask]
    torch.testing.assert_close(segments.segment_softmax(pattern, logit), expected)
    torch.testing.assert_close(segments.segment_softmax(pattern, logit + 1e4), expected, rtol=1e-9, atol=1e-9)
    assert gradcheck(lambda logit: segments.segment_softmax(pattern, logit), (logit,))


def test_segment_softmax_of_rows_that_are_left_out() -> None:
    pattern = Pattern(torch.tensor([0, 2, 4]), torch.tensor([0, 1, 0, 1]), (2, 2))
    logit = torch.tensor([-torch.inf, -torch.inf, 3.0, -torch.inf], requires_grad=True)
    share = segments.segment_softmax(pattern, logit)
    assert share.tolist() == [0, 0, 1, 0]
    (gradient,) = torch.autograd.grad(share.sum(), logit)
    assert gradient.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
@pytest.mark.parametrize("largest", [segments.segment_max, segments.segment_max_in_blocks])
@pytest.mark.parametrize("dim", [3, 11])
def test_segment_max(n_rows: int, n_columns: int, seed: int, largest: object, dim: int) -> None:
    assert callable(largest)
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    x = normal(n_columns, dim, seed=1)
    messages = torch.where(mask[:, :, None], x[None], -torch.inf)
    expected = torch.where(mask.any(1)[:, None], messages.amax(1), 0)
    torch.testing.assert_close(largest(pattern, x), expected)
    assert gradcheck(lambda x: largest(pattern, x), (x,))


@pytest.mark.parametrize(("n_rows", "n_columns", "seed"), SHAPES)
@pytest.mark.parametrize(("dim", "heads"), [(3, 1), (4, 2)])
@pytest.mark.parametrize("block", [1, 5, 1000])
def test_additive_scores(
    n_rows: int, n_columns: int, seed: int, dim: int, heads: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(additive.BLOCK_BYTES, "cpu", block * 8 * dim)
    pattern, mask = random_pattern(n_rows, n_columns, seed)
    left, right, weight = normal(n_rows, dim, seed=1), normal(n_columns, dim, seed=2), normal(dim, heads, seed=3)
    expected = torch.nn.functional.leaky_relu(left[:, None] + right, 0.2)[mask] @ weight
    torch.testing.assert_close(additive.additive_scores(pattern, left, right, weight, 0.2), expected)
    assert gradcheck(lambda a, b, w: additive.additive_scores(pattern, a, b, w, 0.2), (left, right, weight))


def test_a_matrix_without_entries() -> None:
    pattern = Pattern(start_of(torch.zeros(3, dtype=torch.int64)), torch.zeros(0, dtype=torch.int64), (3, 2))
    matrix = SparseMatrix(pattern, torch.zeros(0))
    x = torch.ones(2, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(matrix.reweighted(kept_edges(0, 0.5, None, x)).matmul(x).sum(), x)
    assert not gradient.any()
    assert segments.segment_softmax(pattern, torch.zeros(0)).shape == (0,)
    assert not segments.segment_max(pattern, x).any()
    assert additive.additive_scores(pattern, torch.ones(3, 4), x, torch.ones(4, 1), 0.2).shape == (0, 1)
