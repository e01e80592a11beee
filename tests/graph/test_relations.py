"""A relation over all nodes, and the lookups of who took what, against dense matrices."""

import numpy as np
import pytest
import torch

from gnas.graph.bipartite import Kept
from gnas.graph.normalize import Weighing
from gnas.graph.pattern import Pattern, runs, start_of
from gnas.graph.relations.links import symmetric_matrix
from gnas.graph.relations.relation import Relation
from gnas.graph.sparse import SparseMatrix
from tests.graph.small_graph import random_pattern, small_graph

WEIGHTS = torch.tensor([[0.0, 2, 1], [2, 0, 0], [1, 0, 0]])


def among_items() -> Relation:
    """4 users and 3 items, of which the first two are related twice."""
    entry = WEIGHTS.nonzero()
    matrix = symmetric_matrix(entry[:, 0] * 3 + entry[:, 1], WEIGHTS[WEIGHTS > 0], 3)
    return Relation("alike", ("items", "items"), matrix, (4, 3))


@pytest.mark.parametrize(
    "weighing",
    [
        Weighing(),
        Weighing(0.5),
        Weighing(0.0, True),
        Weighing(None, True),
        Weighing(1.0),
        Weighing((0.5, 0.2)),
        Weighing((0.5, 0.5), shrink=2.0),
    ],
    ids=str,
)
def test_a_relation_among_one_side_propagates_over_all_nodes(weighing: Weighing) -> None:
    dense = torch.zeros(7, 7)
    dense[4:, 4:] = WEIGHTS
    looped = dense + torch.eye(7) if weighing.self_loops else dense
    degree = looped.sum(1)
    exponent = weighing.exponent or 0.0
    powers = exponent if isinstance(exponent, tuple) else (1 - exponent, exponent)
    into, out = (torch.where(degree > 0, (degree + weighing.shrink) ** -p, 0) for p in powers)
    expected = looped if weighing.exponent is None else into[:, None] * looped * out
    relation = among_items()
    matrix = relation.adjacency(*weighing)
    torch.testing.assert_close(matrix.csr.to_dense(), expected)
    torch.testing.assert_close(matrix.transposed.csr.to_dense(), expected.t())
    assert relation.adjacency(*weighing) is matrix
    assert relation.degree_N.tolist() == dense.sum(1).tolist()


@pytest.mark.parametrize("self_loops", [False, True])
def test_dropout_takes_both_directions_and_no_self_loop(self_loops: bool) -> None:
    relation = among_items()
    matrix = relation.adjacency(0.0, self_loops)
    factor = torch.zeros(matrix.n_edges)
    factor[0] = 3.0  # items 0 and 1
    dropped = matrix.reweighted(factor).csr.to_dense()
    whole = matrix.csr.to_dense()
    expected = torch.diag(whole.diagonal())
    expected[4, 5], expected[5, 4] = 3 * whole[4, 5], 3 * whole[5, 4]
    torch.testing.assert_close(dropped, expected)


def test_what_dropout_took_is_gone() -> None:
    matrix = small_graph().interactions.adjacency()
    assert matrix.gone is None
    assert matrix.present is matrix.pattern
    thinned = matrix.reweighted(torch.tensor([2.0, 0, 2, 2, 0, 2, 2]))
    assert thinned.gone is not None
    assert int(thinned.gone.sum()) == 4
    assert torch.equal(thinned.present.csr(torch.ones(10)).to_dense(), (thinned.csr.to_dense() > 0).float())


@pytest.mark.parametrize("seed", range(3))
def test_rows_entries_and_lookups(seed: int) -> None:
    pattern, mask = random_pattern(9, 7, seed)
    dense = mask.float() * torch.arange(1, 64).view(9, 7)
    matrix = SparseMatrix(pattern, dense[mask])
    rows = torch.tensor([2, 4, 2, 0])
    torch.testing.assert_close(matrix.rows(rows).to_dense(), dense[rows])
    torch.testing.assert_close(matrix.dense_rows(rows), dense[rows])
    assert matrix.dense_rows(rows[:0]).shape == (0, 7)
    for size in (None, int(mask[rows].sum())):
        at, entry = pattern.entries(rows, size)
        found = torch.zeros(4, 7)
        found[at, pattern.column[entry].long()] = matrix.value[entry]
        torch.testing.assert_close(found, dense[rows])
        columns = torch.tensor([3, 3, 6, 0])
        assert torch.equal(pattern.mask(rows, columns, size), mask[rows][:, columns])
    every = torch.arange(7).expand(4, 7)
    assert torch.equal(pattern.contains(rows, every), mask[rows])
    assert not pattern.contains(rows, torch.full_like(every, -1)).any()


def test_lookups_where_there_is_nothing() -> None:
    pattern = Pattern(start_of(torch.zeros(3, dtype=torch.int64)), torch.zeros(0, dtype=torch.int64), (3, 2))
    assert not pattern.contains(torch.arange(3), torch.zeros(3, 2, dtype=torch.int64)).any()


def test_keys_of_large_matrices_do_not_overflow() -> None:
    pattern = Pattern(torch.tensor([0] * 99_999 + [0, 1]), torch.tensor([59_999]), (100_000, 60_000))
    assert pattern.key.tolist() == [99_999 * 60_000 + 59_999]
    assert pattern.contains(torch.tensor([99_999]), torch.tensor([[59_999, 7]])).tolist() == [[True, False]]


def test_runs() -> None:
    first, count = torch.tensor([7, 0, 3]), torch.tensor([2, 0, 3])
    assert runs(first, count).tolist() == [7, 8, 3, 4, 5]
    assert runs(first, count, 5).tolist() == np.r_[7:9, 3:6].tolist()


def test_only_the_latest_are_kept() -> None:
    kept: Kept[int] = Kept(2)
    values = iter(range(10))
    assert [kept.of(key, lambda: next(values)) for key in "abacba"] == [0, 1, 0, 2, 1, 3]
