"""Sparse times sparse: the same numbers as dense, and no memory lost on the way."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from gnas.graph.spgemm import dense_of, dense_product, product


def random_csr(n_rows: int, n_columns: int, seed: int, per_row: int = 3) -> torch.Tensor:
    """Entries at random places, the first row empty."""
    generator = torch.Generator().manual_seed(seed)
    dense = torch.zeros(n_rows, n_columns)
    column = torch.randint(n_columns, (n_rows - 1, per_row), generator=generator)
    dense[1:].scatter_(1, column, torch.rand(n_rows - 1, per_row, generator=generator))
    return dense.to_sparse_csr()


@pytest.mark.parametrize("index", [torch.int32, torch.int64])
def test_equals_the_dense_product(index: torch.dtype) -> None:
    left, right = (
        torch.sparse_csr_tensor(
            x.crow_indices().to(index), x.col_indices().to(index), x.values(), x.shape, check_invariants=False
        )
        for x in (random_csr(7, 5, 0), random_csr(5, 9, 1))
    )
    wanted = left.to_dense() @ right.to_dense()
    torch.testing.assert_close(dense_of(product(left, right)), wanted)
    torch.testing.assert_close(dense_product(left, right), wanted)
    onto = torch.ones(7, 9)
    assert dense_product(left, right, onto) is onto
    torch.testing.assert_close(onto, wanted + 1)
    torch.testing.assert_close(dense_of(left), left.to_dense())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from Linux's /proc")
def test_memory_is_given_back() -> None:
    """In a process of its own, whose memory no other test has had its hands in."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        kept_by_torch_kib, lost_kib = pool.submit(_twenty_products).result()
    assert kept_by_torch_kib > 60_000, "what torch would lose"
    assert lost_kib < 30_000


def _twenty_products() -> tuple[float, int]:
    """What torch would lose in twenty products, and what ours do."""
    left, right = random_csr(2000, 3000, 0), random_csr(3000, 3000, 1, per_row=100)
    for _ in range(3):
        n_entries = len(product(left, right).values())
        dense_product(left, right)
    before_kib = _resident_kib()
    for _ in range(20):
        product(left, right)
        dense_product(left, right)
    return 8 * n_entries * 20 / 1024, _resident_kib() - before_kib


def _resident_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
