from pathlib import Path

import numpy as np
import polars as pl
import pytest

from gnas.config.tables import FeatureTableConfig
from gnas.errors import DataError
from gnas.features.table import load_table
from gnas.features.vectors import read_vectors

ROWS = np.array([[1, 2], [3, 4], [0, 0], [np.nan, 1]], dtype=np.float32)


def test_npy_rows_belong_to_the_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", ROWS)
    found = read_vectors(tmp_path / "v.npy", pl.Series([1, 3, 0, 2]), "v")
    assert found.values.tolist() == [[3, 4], [0, 0], [1, 2], [0, 0]]
    assert found.present.tolist() == [True, False, True, False]  # not finite, all zero: missing


def test_npz_and_parquet_go_by_id(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", ids=np.array(["b", "a"]), vectors=ROWS[:2])
    pl.DataFrame({"key": ["b", "a"], "vector": ROWS[:2].tolist()}).write_parquet(tmp_path / "v.parquet")
    for name in ("v.npz", "v.parquet"):
        found = read_vectors(tmp_path / name, pl.Series(["a", "x", "b"]), "v")
        assert found.values.tolist() == [[3, 4], [0, 0], [1, 2]]
        assert found.present.tolist() == [True, False, True]


def test_vectors_stand_in_a_table_without_files(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", ROWS)
    config = FeatureTableConfig(vectors={"sound": "v.npy"})
    items = load_table(config, pl.Series([0, 1]), tmp_path, "items")
    assert len(items) == 2
    assert items.columns["sound"].type == "vector"
    assert items.vectors["sound"].values.tolist() == [[1, 2], [3, 4]]


def test_lists_in_a_table_are_vectors(tmp_path: Path) -> None:
    pl.DataFrame({"id": [1, 2], "v": [[1.0, 2.0], None]}).write_parquet(tmp_path / "items.parquet")
    items = load_table(FeatureTableConfig(path="items.parquet"), pl.Series([2, 1]), tmp_path, "items")
    assert items.vectors["v"].values.tolist() == [[0, 0], [1, 2]]
    assert items.vectors["v"].present.tolist() == [False, True]


@pytest.mark.parametrize(
    ("write", "ids", "sentence"),
    [
        (lambda p: np.save(p, ROWS), ["a"], "row n belongs to the id n.*save an .npz"),
        (lambda p: np.save(p, ROWS), [4], "has 4 rows"),
        (lambda p: np.save(p, ROWS[0]), [0], r"shape \[2\], not \[n, dim\]"),
        (lambda p: np.save(p, np.array([{}]), allow_pickle=True), [0], "cannot be read"),
        (lambda _: None, [0], "does not exist"),
    ],
)
def test_mistakes_are_answered_with_a_sentence(tmp_path: Path, write: object, ids: list[object], sentence: str) -> None:
    write(tmp_path / "v.npy")  # type: ignore[operator]
    with pytest.raises(DataError, match=sentence):
        read_vectors(tmp_path / "v.npy", pl.Series(ids), "v")
