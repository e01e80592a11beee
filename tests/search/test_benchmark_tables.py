"""The tables of `python -m benchmarks strategies` can be searched through: no candidate of theirs is out of reach."""

import sys
from math import prod
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.tables import BENCH, Cells, made_keys, problem


@pytest.mark.parametrize("name", [n if n == "proteins" else pytest.param(n, marks=pytest.mark.slow) for n in BENCH])
def test_every_cell_of_a_table_is_reached(name: str) -> None:
    """The tables are numbered alike, also that of `proteins`, which has fewer operations."""
    pytest.importorskip("nas_bench_graph", reason="the `bench` extra is not installed")
    table = problem(name)
    cells = table.space
    assert isinstance(cells, Cells)
    found = [cells.number(candidate.params) for candidate in cells.grid(1)]
    assert set(found) == set(cells.known)
    combinations = prod(len(domain.ends()) for domain in cells.parameters().values())
    assert combinations - len(found) == len(cells.shapes), "only cells that skip everywhere are missing"


def test_keys_of_the_made_tables_are_distinct() -> None:
    keys = made_keys()
    assert len(keys) == len(set(keys)) == 20_550
