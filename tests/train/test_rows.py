"""The row-wise Adam of a table of embeddings against torch's own."""

import pytest
import torch
from torch.optim import AdamW

from gnas.rng import torch_rng
from gnas.train.rows import Table

N, D, LR = 30, 8, 0.02


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_with_all_rows_it_is_torch_s(decay: float) -> None:
    generator = torch_rng("cpu", 0)
    start = torch.randn(N, D, generator=generator)
    ours, theirs = Table(start.clone(), LR, decay), torch.nn.Parameter(start.clone())
    optimizer = AdamW([theirs], lr=LR, weight_decay=decay)
    order_S = torch.randperm(N, generator=generator)
    for _ in range(20):
        theirs.grad = torch.randn(N, D, generator=generator) * 1e-4
        ours.update(order_S, theirs.grad[order_S])
        optimizer.step()
    assert (ours.table_ND - start).abs().min() > 0
    torch.testing.assert_close(ours.table_ND, theirs.data, rtol=1e-5, atol=1e-6)


def test_other_rows_stay_and_steps_are_counted_for_all() -> None:
    table = Table(torch.ones(N, D), LR, 0.5)
    few = torch.tensor([3, 7])
    table.update(few, torch.ones(2, D))
    touched = torch.zeros(N, dtype=torch.bool).index_fill(0, few, True)
    assert (table.table_ND[~touched] == 1).all()
    torch.testing.assert_close(table.table_ND[few], torch.full((2, D), 1 - 0.5 * LR - LR))
    table.update(torch.tensor([], dtype=torch.int64), torch.empty(0, D))
    assert table.n_steps == 2
    assert (table.table_ND[~touched] == 1).all()
