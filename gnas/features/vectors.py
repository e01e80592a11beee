"""Vectors that were computed elsewhere: .npy, .npz, and columns of lists."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import polars as pl

from gnas.errors import DataError
from gnas.features.read import read_frame


@dataclass(frozen=True)
class Vectors:
    """`values` float32 [n, d], zero where nothing is known; `present` bool [n]."""

    values: np.ndarray
    present: np.ndarray


def read_vectors(path: Path, ids: pl.Series, name: str) -> Vectors:
    """The vectors of the users or items `ids`, in their order.

    `.npy`: row n belongs to the id n. `.npz`: arrays `ids` and `vectors`. Any table: one column of ids, one of lists.
    A row that is all zero or not finite is taken as missing.

    Raises:
        DataError: no such file, another form, or ids that are no row numbers.
    """
    if not path.is_file():
        raise DataError(f"vectors {name!r}: {path} does not exist")
    try:
        if path.suffix == ".npy":
            return _of_rows(np.load(path, mmap_mode="r", allow_pickle=False), ids, path)
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return _of_ids(list(map(str, arrays["ids"].tolist())), arrays["vectors"], ids, path)
    except (KeyError, ValueError, OSError, EOFError, BadZipFile) as error:
        raise DataError(f"vectors {name!r}: {path} cannot be read: {error}") from error
    frame = read_frame(path)
    lists = [column for column in frame.columns if frame[column].dtype == pl.List(pl.Float32)]
    if frame.width != 2 or len(lists) != 1:
        raise DataError(f"vectors {name!r}: {path} must have one column of ids and one of lists of numbers")
    return _of_ids(frame.drop(lists).to_series().to_list(), _matrix(frame[lists[0]], name)[0], ids, path)


def vectors_of_lists(column: pl.Series, name: str) -> Vectors:
    """The vectors of a column of number lists, null being missing."""
    return _checked(*_matrix(column, name))


def _matrix(column: pl.Series, name: str) -> tuple[np.ndarray, np.ndarray]:
    if column.dtype != pl.List(pl.Float32):
        raise DataError(
            f"column {name!r} is vector, but its values are text; give the vectors as .npy, .npz or Parquet"
        )
    lengths = column.list.len().drop_nulls().unique().to_list()
    if len(lengths) != 1 or not lengths[0]:
        raise DataError(f"vectors {name!r} are not of one length, but of {sorted(lengths)[:5]}")
    present = column.is_not_null().to_numpy()
    values = np.zeros((len(column), lengths[0]), dtype=np.float32)
    flat = column.drop_nulls().explode()
    values[present] = flat.fill_null(float("nan")).to_numpy().reshape(-1, lengths[0])
    return values, present


def _of_rows(rows: np.ndarray, ids: pl.Series, path: Path) -> Vectors:
    numbers = ids.cast(pl.Int64, strict=False)
    if rows.ndim != 2:
        raise DataError(f"{path} has shape {list(rows.shape)}, not [n, dim]")
    if not numbers.is_between(0, len(rows) - 1).fill_null(False).all():
        raise DataError(
            f"{path} has {len(rows)} rows, and row n belongs to the id n, but the ids of the interactions are not all "
            f"whole numbers below that; save an .npz with `ids` and `vectors` instead"
        )
    values = np.asarray(rows[numbers.to_numpy()], dtype=np.float32)
    return _checked(values, np.ones(len(values), dtype=bool))


def _of_ids(keys: list[str], rows: np.ndarray, ids: pl.Series, path: Path) -> Vectors:
    if rows.ndim != 2 or len(rows) != len(keys) or not keys:
        raise DataError(f"{path}: {len(keys)} ids, but vectors of shape {list(rows.shape)}")
    place = {key: row for row, key in enumerate(keys)}
    found = np.array([place.get(key, -1) for key in ids.cast(pl.String).to_list()], dtype=np.int64)
    values = np.asarray(rows, dtype=np.float32)[np.maximum(found, 0)]
    return _checked(values, found >= 0)


def _checked(values: np.ndarray, present: np.ndarray) -> Vectors:
    present = present & np.isfinite(values).all(1) & (values != 0).any(1)
    return Vectors(np.where(present[:, None], values, np.float32(0)), present)
