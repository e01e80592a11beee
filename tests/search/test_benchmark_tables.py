"""The tables of `python -m benchmarks strategies` can be searched through: no candidate of theirs is out of reach."""

import sys
from itertools import product
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.tables import BENCH, Cells, made_keys, problem
from gnas.space.search_space import Infeasible


@pytest.mark.parametrize("name", [n if n == "proteins" else pytest.param(n, marks=pytest.mark.slow) for n in BENCH])
def test_every_cell_of_a_table_is_reached(name: str) -> None:
    """The tables are numbered alike, also that of `proteins`, which has fewer operations."""
    pytest.importorskip("nas_bench_graph", reason="the `bench` extra is not installed")
    table = problem(name)
    cells = table.space
    assert isinstance(cells, Cells)
    found, refused = set(), 0
    for values in product(*cells._options.values()):
        try:
            found.add(cells.number(dict(zip(cells._options, values, strict=True))))
        except Infeasible:
            refused += 1
    assert found == set(cells._known)
    assert refused == len(cells._shapes), "only cells that skip everywhere are missing"


def test_keys_of_the_made_tables_are_distinct() -> None:
    keys = made_keys()
    assert len(keys) == len(set(keys)) == 20_550
