from pathlib import Path

import numpy as np
import pytest

from gnas.features.attributes import encode_attributes
from gnas.features.clean import clean_numbers, frequent_values, normalise_text
from tests.features.feature_worlds import notes, table

NAN = float("nan")
ALL = np.ones(5, dtype=bool)


@pytest.mark.parametrize(
    ("missing", "fill"), [("mean", 4.0), ("median", 3.0), ("mode", 1.0)], ids=["mean", "median", "mode"]
)
def test_gaps_are_filled_from_train_alone(missing: str, fill: float) -> None:
    x = np.array([1, 1, 5, 9, NAN, 1000])
    fit = np.array([True] * 5 + [False])
    found = clean_numbers(x, fit, missing, "none", "none")  # type: ignore[arg-type]
    assert found.n_missing == 1
    assert found.values.tolist() == [1, 1, 5, 9, fill, 1000]


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("standard", [-1.5, -0.5, -0.5, 0.5, 2.0]),
        ("minmax", [0, 2 / 7, 2 / 7, 4 / 7, 1]),
        ("robust", [-1, 0, 0, 1, 2.5]),
        ("none", [1, 3, 3, 5, 8]),
    ],
)
def test_scales(scale: str, expected: list[float]) -> None:
    x = np.array([1.0, 3, 3, 5, 8])
    found = clean_numbers(x, ALL, outliers="none", scale=scale).values  # type: ignore[arg-type]
    if scale == "standard":
        expected = ((x - 4) / np.sqrt(28 / 5)).tolist()
    np.testing.assert_allclose(found, expected)


def test_log_comes_before_the_standard_scale() -> None:
    x = np.array([0.0, np.e - 1, -(np.e - 1)])
    found = clean_numbers(x, ALL[:3], outliers="none", scale="log").values
    np.testing.assert_allclose(found, np.array([0, 1, -1]) / np.sqrt(2 / 3))


def test_outliers_are_clipped_by_train_quartiles() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 99])
    fit = np.array([True] * 5 + [False])
    found = clean_numbers(x, fit, outliers="iqr", scale="none")
    assert found.values.tolist() == [1, 2, 3, 4, 5, 10]  # q3 = 4, iqr = 2
    assert found.n_clipped == 1
    flat = np.array([1.0, 1, 1, 1, 7])  # no spread in the middle: nothing is clipped
    assert clean_numbers(flat, ALL, outliers="iqr", scale="none").n_clipped == 0
    many = np.arange(101.0)
    by_quantile = clean_numbers(many, np.ones(101, dtype=bool), outliers="quantile", scale="none")
    assert (by_quantile.values.min(), by_quantile.values.max(), by_quantile.n_clipped) == (1, 99, 2)


def test_a_column_without_values_or_spread_is_zero() -> None:
    assert clean_numbers(np.full(5, NAN), ALL).values.tolist() == [0] * 5
    assert clean_numbers(np.full(5, 7.0), ALL).values.tolist() == [0] * 5


def test_rare_values_are_counted_in_train_alone() -> None:
    rows = [["a", "b"], ["a"], ["c"], ["c"], ["c"]]
    fit = np.array([True, True, True, False, False])
    assert frequent_values(rows, fit, 2, 10) == (["a"], 2)
    assert frequent_values(rows, ALL, 1, 2) == (["c", "a"], 1)


def test_text_is_normalised() -> None:
    assert normalise_text(" A&amp;B <b>bold</b>\n\tｗｉｄｅ \u200b x ") == "A&B bold wide x"


CSV = """id,size,kind,tags,same
a,1,Red,x|y,1
b,3,red,x,1
c,,blue,y|x,1
d,5,?,z|x,1
e,7,blue,?,1
"""


def test_attributes_by_hand(tmp_path: Path) -> None:
    items = table(
        tmp_path, CSV, list("abcde"), clean={"outliers": "none"}, columns={"size": "number", "same": "number"}
    )
    found = encode_attributes(items, np.ones(5, dtype=bool))
    half = 2**-0.5
    assert found.names == (
        *("size", "size missing"),
        *("kind=blue", "kind=red", "kind missing"),
        *("tags=x", "tags=y", "tags: other", "tags missing"),
    )
    size = (np.array([1, 3, 4, 5, 7]) - 4) / np.sqrt(5)  # standardised by the known values
    expected = np.array(
        [
            [size[0], 0, 0, 1, 0, half, half, 0, 0],
            [size[1], 0, 0, 1, 0, 1, 0, 0, 0],
            [size[2], 1, 1, 0, 0, half, half, 0, 0],
            [size[3], 0, 0, 0, 1, half, 0, half, 0],
            [size[4], 0, 1, 0, 0, 0, 0, 0, 1],
        ]
    )
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    assert notes(found.report, "spelling") == {"kind": 1}
    assert notes(found.report, "constant") == {"same": 1}
    assert notes(found.report, "missing") == {"size": 1, "kind": 1, "tags": 1}
    assert notes(found.report, "rare") == {"tags": 1}


def test_missing_categories_can_become_the_most_frequent(tmp_path: Path) -> None:
    items = table(tmp_path, CSV, list("abcde"), clean={"categories": "mode"}, columns={"kind": "category"})
    found = encode_attributes(items, np.ones(5, dtype=bool))
    column = found.values[:, found.names.index("kind=blue")]
    assert column.tolist() == [0, 0, 1, 1, 1]


def test_nothing_outside_train_reaches_the_statistics(tmp_path: Path) -> None:
    fit = np.array([True, True, True, True, False])
    first = encode_attributes(table(tmp_path, CSV, list("abcde")), fit).values
    other = CSV.replace("e,7,blue,?,1", "e,70000,unseen,x|y|z|w,5")
    second = encode_attributes(table(tmp_path, other, list("abcde")), fit)
    width = [name in second.names for name in encode_attributes(table(tmp_path, CSV, list("abcde")), fit).names]
    assert all(width)
    np.testing.assert_array_equal(first[:4], second.values[:4])
