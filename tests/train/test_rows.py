"""The row-wise Adam of a table of embeddings against torch's own, and of a table in two places against that in one."""

import pytest
import torch
from torch.optim import AdamW

from gnas.rng import torch_rng
from gnas.train.rows import Rows, SplitRows

N, D, LR = 30, 8, 0.02


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_with_all_rows_it_is_torch_s(decay: float) -> None:
    generator = torch_rng("cpu", 0)
    start = torch.randn(N, D, generator=generator)
    ours, theirs = Rows(start.clone(), LR, decay), torch.nn.Parameter(start.clone())
    optimizer = AdamW([theirs], lr=LR, weight_decay=decay)
    order_S = torch.randperm(N, generator=generator)
    for _ in range(20):
        theirs.grad = torch.randn(N, D, generator=generator) * 1e-4
        ours.update(order_S, theirs.grad[order_S])
        optimizer.step()
    assert (ours.table_ND - start).abs().min() > 0
    torch.testing.assert_close(ours.table_ND, theirs.data, rtol=1e-5, atol=1e-6)


def test_other_rows_stay_and_steps_are_counted_for_all() -> None:
    table = Rows(torch.ones(N, D), LR, 0.5)
    few = torch.tensor([3, 7])
    table.update(few, torch.ones(2, D))
    touched = torch.zeros(N, dtype=torch.bool).index_fill(0, few, True)
    assert (table.table_ND[~touched] == 1).all()
    torch.testing.assert_close(table.table_ND[few], torch.full((2, D), 1 - 0.5 * LR - LR))
    table.update(torch.tensor([], dtype=torch.int64), torch.empty(0, D))
    assert table.n_steps == 2
    assert (table.table_ND[~touched] == 1).all()


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("n_cached", [0, 3, N])
def test_a_table_in_two_places_is_one_table(n_cached: int, decay: float) -> None:
    generator = torch_rng("cpu", 1)
    start = torch.randn(N, D, generator=generator)
    one = Rows(start.clone(), LR, decay)
    two = SplitRows(start.clone(), torch.randperm(N, generator=generator)[:n_cached], LR, decay)
    for n_rows in (N, 1, 9, 20, 0, 5, 12):
        row_S = torch.randperm(N, generator=generator)[:n_rows]
        torch.testing.assert_close(two.gather(row_S), one.gather(row_S), rtol=0, atol=1e-6)
        gradient_SD = torch.randn(n_rows, D, generator=generator)
        one.update(row_S, gradient_SD)
        two.update(row_S, gradient_SD)
    cached = torch.zeros(N, dtype=torch.bool).index_fill(0, two.cached_C, True)
    assert torch.equal(two.host.table_ND[cached], start[cached]), "cached rows change on the device alone"
    two.write_back()
    torch.testing.assert_close(two.host.table_ND, one.table_ND, rtol=0, atol=1e-6)
