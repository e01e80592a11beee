"""Text as odd programs leave it: read right, or refused in a sentence; and alike for interactions and features."""

import random
from contextlib import suppress
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from gnas.config.data import DataConfig
from gnas.config.tables import FeatureTableConfig
from gnas.data.readers import read_table
from gnas.errors import DataError
from gnas.features.read import read_frame
from gnas.features.table import load_table

ROWS = [("ann", "x", "5"), ("bob", "é", "3"), ("ann", "z", "1")]
TEXT = "\n".join(["user,item,rating", *(",".join(row) for row in ROWS)]) + "\n"


def both(path: Path) -> list[list[tuple[object, ...]]]:
    """The rows as interactions, and as a feature table."""
    interactions = read_table(path, DataConfig(source=str(path))).frame.select("user", "item", "rating")
    return [[(u, i, f"{r:g}") for u, i, r in interactions.rows()], read_frame(path).rows()]


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("iso-8859-1"),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r\n", 2).encode(),
        TEXT.replace("\n", "\r").encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "::").encode(),
        TEXT.replace(",", "   ").encode(),
        TEXT.rstrip("\n").encode(),
        ("\n\n" + TEXT).encode(),
    ],
    ids=[
        "utf-8-sig",
        "utf-16",
        "utf-16-be",
        "latin-1",
        "cr",
        "crlf",
        "mixed",
        "cr-16",
        "semicolons",
        "colons",
        "spaces",
        "no-end",
        "blank",
    ],
)
def test_a_table_is_read_alike_however_it_is_written(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert both(tmp_path / "a.txt") == [ROWS, ROWS]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (TEXT.replace("z", "\0").encode(), "holds binary data, not text"),
        (TEXT.replace("z", "z\rz,z").encode(), "line 4: 4 cells, where the file has 3 columns"),
        (b"", "is empty"),
        (b"\r\r\n \n", "is empty"),
    ],
)
def test_what_is_no_table_is_refused_alike(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    for read in (lambda: read_table(path, DataConfig(source=str(path))), lambda: read_frame(path)):
        with pytest.raises(DataError, match=sentence):
            read()


def test_a_lone_carriage_return_inside_quotes_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'id,name\na,"x\ry"\nb,"line\nbreak"\n')
    assert read_frame(tmp_path / "a.csv")["name"].to_list() == ["x\ry", "line\nbreak"]


@pytest.mark.parametrize("separator", [",;", '"', "\n", "ü", "--", "\t", "tab"])
def test_any_separator_that_a_user_names_works_or_is_refused(tmp_path: Path, separator: str) -> None:
    (tmp_path / "a.txt").write_text(TEXT.replace(",", "\t" if separator == "tab" else separator))
    if separator in '"\n':
        with pytest.raises(DataError, match="cannot separate cells"):
            read_frame(tmp_path / "a.txt", separator)
    else:
        assert read_frame(tmp_path / "a.txt", separator).rows() == ROWS


@pytest.mark.parametrize(
    "moment", ["2011-04-07T10:43:00Z", "07.04.2011 10:43", "07-Apr-2011", "04/07/2011", "2011-04-07"]
)
def test_interactions_and_features_know_the_same_times(tmp_path: Path, moment: str) -> None:
    (tmp_path / "a.csv").write_text(f"user,item,when\nann,x,{moment}\nbob,y,{moment}\n")
    first = read_table(tmp_path / "a.csv", DataConfig(source="a.csv")).frame["time"][0]
    assert first // 86_400 == 15_071
    table = load_table(FeatureTableConfig(path="a.csv"), pl.Series(["ann", "bob"]), tmp_path, "users")
    assert table.columns["when"].type == "time"


@pytest.mark.parametrize("word", ["", "?", "-", "na", "N/A", "NaN", "NaT", "NULL", "\\N"])
def test_interactions_and_features_know_the_same_words_for_missing(tmp_path: Path, word: str) -> None:
    (tmp_path / "a.csv").write_text(f"user,item,rating,time\nann,x,{word},{word}\nbob,y,2,3\n")
    log = read_table(tmp_path / "a.csv", DataConfig(source="a.csv")).frame
    assert log.row(0) == ("ann", "x", None, None)
    table = load_table(FeatureTableConfig(path="a.csv"), pl.Series(["ann", "bob"]), tmp_path, "users")
    assert table.frame["rating"].to_list() == [None, "2"]


def test_blanks_around_an_id_are_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user, item, rating\n ann , x , 1\nbob, y, 2\n")
    assert read_table(tmp_path / "a.csv", DataConfig(source="a.csv")).frame["user"].to_list() == ["ann", "bob"]
    table = load_table(FeatureTableConfig(path="a.csv"), pl.Series(["bob", "ann"]), tmp_path, "users")
    assert [row[-1].strip() for row in table.frame.rows()] == ["2", "1"]


def test_columns_without_a_name_or_with_the_same_one_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",id,x,x\n0,a,1,2\n1,b,3,4\n")
    assert read_frame(tmp_path / "a.csv").columns == ["column 0", "id", "x", "x 3"]
    table = load_table(FeatureTableConfig(path="a.csv"), pl.Series(["a", "b"]), tmp_path, "items")
    assert list(table.columns) == ["column 0", "x", "x 3"]


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_is_read_or_told_in_a_sentence(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    separator, ending = rng.choice([",", "\t", ";", "|", " ", "::"]), rng.choice(["\n", "\r\n", "\r"])
    rows = [f"{rng.choice('ab')}{n % 7}{separator}{n % 5}{separator}{rng.choice(['1', '', 'x'])}" for n in range(30)]
    data = bytearray(ending.join([separator.join(["user", "item", "rating"]), *rows]).encode())
    for _ in range(rng.choice([1, 5, 40])):
        data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), 10, 13, 34, 44, 0xFF])
    path = tmp_path / f"a{rng.choice(['.csv', '.txt', '.jsonl', '.parquet', '.inter', '.csv.gz'])}"
    path.write_bytes(data)
    for read in (lambda: read_table(path, DataConfig(source=str(path))), lambda: read_frame(path)):
        with suppress(DataError):
            read()


_ODD = {
    "nested": pl.Series([[[1], [2, 3]]] * 2),
    "records": pl.Series([[{"a": 1}]] * 2),
    "bytes": pl.Series([b"\xff", None]),
    "span": pl.Series([timedelta(1), None]),
    "moment": pl.Series([time(1), None]),
    "price": pl.Series([Decimal("1.50"), None]),
    "large": pl.Series([2**64 - 1, 5], dtype=pl.UInt64),
    "none": pl.Series([None, None]),
    "pair": pl.Series([[1.0, 2.0]] * 2, dtype=pl.Array(pl.Float32, 2)),
    "record": pl.Series([{"a": 1}] * 2),
}


@pytest.mark.parametrize("name", _ODD)
def test_columns_of_any_type_are_features_and_no_interactions(tmp_path: Path, name: str) -> None:
    frame = pl.DataFrame({"user": ["a", "b"], "item": ["x", "y"], "odd": _ODD[name]})
    frame.write_parquet(tmp_path / "a.parquet")
    table = load_table(FeatureTableConfig(path="a.parquet"), pl.Series(["b", "a"]), tmp_path, "users")
    assert len(table) == 2
    for role in ("user", "rating", "time"):
        config = DataConfig.model_validate({"source": "a.parquet", "columns": {role: "odd"}})
        with suppress(DataError):
            read_table(tmp_path / "a.parquet", config)


def test_a_column_of_lists_is_not_taken_for_something_else(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a", "b"], "v": [[1.0, 2.0]] * 2}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="column 'v' holds lists: it is vector, and cannot be number"):
        load_table(FeatureTableConfig(path="a.parquet", columns={"v": "number"}), pl.Series(["a"]), tmp_path, "items")
    with pytest.raises(DataError, match="names 'v', a column of lists"):
        load_table(FeatureTableConfig(path="a.parquet", derive={"w": "{v}"}), pl.Series(["a"]), tmp_path, "items")


def test_json_without_rows_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(DataError, match="is empty: it has no columns"):
        read_table(tmp_path / "a.json", DataConfig(source="a.json"))
