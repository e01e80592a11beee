"""Every format, written by the test and read back; what was guessed; what is refused, by its text."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from gnas.config.data import ColumnsConfig, DataConfig
from gnas.data.readers import read_table
from gnas.data.table import Table
from gnas.errors import DataError


def read(path: Path, **config: object) -> Table:
    return read_table(path, DataConfig.model_validate({"source": str(path), **config}))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def error(path: Path, **config: object) -> str:
    with pytest.raises(DataError) as caught:
        read(path, **config)
    return str(caught.value)


ROWS = {"user": ["ann", "bob", "ann"], "item": ["x", "y", "z"], "rating": [5.0, 3.5, 1.0], "time": [10, 20, 30]}


def text(separator: str, header: bool = True) -> str:
    lines = [separator.join(map(str, row)) for row in zip(*ROWS.values(), strict=True)]
    return "\n".join([separator.join(ROWS)] * header + lines) + "\n"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "::", " "])
def test_text_with_a_header_is_read_whatever_separates_its_columns(tmp_path: Path, separator: str) -> None:
    table = read(write(tmp_path, "a.txt", text(separator)))
    assert table.frame.to_dict(as_series=False) == ROWS


@pytest.mark.parametrize("separator", [",", "\t", "::"])
def test_numbers_without_a_header_are_user_item_rating_time(tmp_path: Path, separator: str) -> None:
    path = write(
        tmp_path,
        "u.data",
        separator.join(["7", "8", "4", "881250949"]) + "\n" + separator.join(["7", "9", "1", "881250950"]),
    )
    table = read(path)
    assert table.frame.rows() == [(7, 8, 4.0, 881250949), (7, 9, 1.0, 881250950)]
    assert table.guesses == [f"{path}: no header, user = column 0, item = column 1, rating = column 2, time = column 3"]


def test_a_third_number_as_large_as_a_date_is_a_time(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", "1,2,881250949\n1,3,881250950\n")).frame.columns == ["user", "item", "time"]
    assert read(write(tmp_path, "b.csv", "1,2,881\n1,3,5000\n")).frame.columns == ["user", "item", "rating"]
    assert read(write(tmp_path, "c.csv", "1,2,881250949,3\n1,3,881250950,4\n")).frame.rows()[0] == (
        1,
        2,
        3.0,
        881250949,
    )


def test_gzip_parquet_and_json_lines_hold_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame(ROWS)
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ndjson(tmp_path / "a.jsonl")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text(",").encode()))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    (tmp_path / "a.json").write_text(frame.write_json())
    for name in ("a.parquet", "a.jsonl", "a.csv.gz", "b.jsonl.gz", "a.json"):
        assert read(tmp_path / name).frame.to_dict(as_series=False) == ROWS, name


def test_recbole_atomic_files_leave_their_types_in_the_header(tmp_path: Path) -> None:
    content = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t4.0\t881250949.0\n"
    table = read(write(tmp_path, "ml.inter", content))
    assert table.frame.rows() == [(1, 2, 4.0, 881250949)]
    assert table.columns == {"user": "user_id", "item": "item_id", "rating": "rating", "time": "timestamp"}


def test_adjacency_lists_may_have_users_without_items(tmp_path: Path) -> None:
    path = write(tmp_path, "train.txt", "0 5 6 7\n1\n2 5 \n\n3 6 7\n")
    assert read(path).frame.rows() == [(0, 5), (0, 6), (0, 7), (2, 5), (3, 6), (3, 7)]
    path = write(tmp_path, "names.txt", "ann x y\nbob x\n")
    assert read(path, format="adjacency").frame.rows() == [("ann", "x"), ("ann", "y"), ("bob", "x")]
    assert error(write(tmp_path, "none.txt", "0\n1\n"), format="adjacency").endswith(
        "adjacency lists read `user item item …`"
    )


@pytest.mark.parametrize("names", [
    "user,item", "userId,movieId", "CustomerID,StockCode", "uid,iid", "u,i", "visitor id,item-id", "reviewerID,asin",
    "User ID,Product ID", "the_user_id,an_item_id", "userID,placeID", "userID,artistID", "session_id,article_id",
])  # fmt: skip
def test_usual_names_of_users_and_items_are_known_in_any_order(tmp_path: Path, names: str) -> None:
    user, item = names.split(",")
    table = read(write(tmp_path, "a.csv", f"{item},extra,{user}\n1,k,2\n3,k,4\n"))
    assert table.columns == {"user": user, "item": item}
    assert table.frame.rows() == [(2, 1), (4, 3)]
    assert table.guesses == [f"{tmp_path / 'a.csv'}: columns user = {user!r}, item = {item!r}"]


@pytest.mark.parametrize(
    "name", ["rating", "Score", "stars", "plays", "weight", "count", "n", "Quantity", "user_rating"]
)
def test_usual_names_of_ratings_are_known(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path, "a.csv", f"user,item,{name}\na,b,3\n")).columns["rating"] == name


@pytest.mark.parametrize("name", ["timestamp", "time", "Date", "first", "InvoiceDate", "created_at", "event_time"])
def test_usual_names_of_times_are_known(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path, "a.csv", f"user,item,{name}\na,b,2011-04-07\n")).columns["time"] == name


def test_a_column_that_merely_sounds_like_a_time_must_hold_times(tmp_path: Path) -> None:
    table = read(write(tmp_path, "a.csv", "user,item,candidate,times\na,b,smith,3\n"))
    assert table.columns == {"user": "user", "item": "item"}


def test_columns_are_taken_as_the_user_says(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "who,what,user,rating\na,b,1,2\n")
    table = read(path, columns={"user": "who", "item": 1, "rating": "none"})
    assert table.frame.rows() == [("a", "b")]
    assert table.guesses == []
    assert read(path, columns={"user": "who", "item": "what"}).columns["rating"] == "rating"


def test_ids_survive_as_they_are(tmp_path: Path) -> None:
    ids = ["007", "é ö", "1e3", "x,y", 'say "hi"', "+5"]
    frame = pl.DataFrame({"user": ids, "item": list(range(6))})
    frame.write_csv(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv").frame["user"].to_list() == ids
    assert read(tmp_path / "a.csv").frame["item"].dtype == pl.Int64
    frame = pl.DataFrame({"user": ["1", "2", "0012"], "item": ["3", "-4", "0"]})
    frame.write_csv(tmp_path / "b.csv")
    assert read(tmp_path / "b.csv").frame.rows() == [("1", 3), ("2", -4), ("0012", 0)]


def test_parquet_ids_of_odd_types_become_integers_or_text(tmp_path: Path) -> None:
    frame = pl.DataFrame({"user": [1.0, None, 3.0], "item": pl.Series(["a", "b", "a"], dtype=pl.Categorical)})
    frame.write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").frame.rows() == [(1, "a"), (None, "b"), (3, "a")]
    pl.DataFrame({"user": [[1], [2]], "item": [1, 2]}).write_parquet(tmp_path / "b.parquet")
    assert (
        error(tmp_path / "b.parquet")
        == f"{tmp_path / 'b.parquet'}: column 'user' holds List(Int64), not one user a row"
    )


def test_blank_lines_spaces_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "\ufeff\r\nuser, item, rating\r\na, b, 1\r\n\r\nc, d, 2\r\n\r\n")
    assert read(path).frame.rows() == [("a", "b", 1.0), ("c", "d", 2.0)]


def test_an_index_without_a_name_is_no_reason_to_miss_the_header(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", ",user,item\n0,a,b\n1,c,d\n")).frame.rows() == [("a", "b"), ("c", "d")]


def test_words_without_a_header_are_told_by_their_repetition(tmp_path: Path) -> None:
    table = read(write(tmp_path, "a.tsv", "ann\tx\nbob\ty\nann\tz\n"))
    assert table.frame.rows() == [("ann", "x"), ("bob", "y"), ("ann", "z")]


def test_likes_are_ratings_too(tmp_path: Path) -> None:
    pl.DataFrame({"user": [1, 2], "item": [1, 2], "rating": [True, False]}).write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").frame["rating"].to_list() == [1.0, 0.0]


def test_latin_1_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("user,item\nJosé,1\n".encode("iso-8859-1"))
    assert read(tmp_path / "a.csv").frame["user"].to_list() == ["José"]


def test_missing_cells_are_null_and_not_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user,item,rating\na,b,?\n,d,3\ne,f,NA\ng,h\n")
    assert read(path).frame.rows() == [("a", "b", None), (None, "d", 3.0), ("e", "f", None), ("g", "h", None)]


class TestRefused:
    def test_text_among_the_ratings_with_its_place(self, tmp_path: Path) -> None:
        rows = "".join(f"u{n},i{n},{n % 5}\n" for n in range(3000))
        path = write(tmp_path, "a.csv", f"user,item,rating\n{rows}v,w,good\n")
        assert error(path) == (
            f"{path}, line 3002: column 'rating' is read as ratings and holds 'good', which is no number; fix the "
            "row, or set data.columns.rating to another column or to none"
        )
        assert read(path, columns={"rating": "none"}).frame.columns == ["user", "item"]
        write(tmp_path, "a.jsonl", '{"user":1,"item":2,"rating":3}\n{"user":1,"item":3,"rating":"good"}\n')
        assert error(tmp_path / "a.jsonl").startswith(f"{tmp_path / 'a.jsonl'}, line 2: column 'rating'")

    @pytest.mark.parametrize(("value", "shown"), [("-5", "-5"), ("-1.5", "-1.5"), ("inf", "inf")])
    def test_negative_and_undefined_times(self, tmp_path: Path, value: str, shown: str) -> None:
        path = write(tmp_path, "a.csv", f"user,item,time\na,b,100\nc,d,{value}\n")
        assert error(path) == (
            f"{path}, line 3: column 'time' is read as times and holds {shown}; times are seconds since 1970 or dates "
            "from then on; fix the row, or set data.columns.time to none"
        )

    def test_a_time_that_is_none(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.csv", "user,item,date\na,b,2011-04-07\nc,d,yesterday\n")
        assert error(path).startswith(
            f"{path}, line 3: column 'date' is read as times and holds 'yesterday', which is neither"
        )

    def test_a_missing_file_an_empty_file_and_a_header_alone(self, tmp_path: Path) -> None:
        assert error(tmp_path / "a.csv") == f"no file '{tmp_path / 'a.csv'}'"
        for content in ("", "\n\n"):
            assert error(write(tmp_path, "e.csv", content)) == f"{tmp_path / 'e.csv'} is empty"
        path = write(tmp_path, "h.csv", "user,item\n")
        assert error(path) == f"{path} is empty: it holds no interaction"

    def test_a_missing_column(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.csv", "user,item,stars\na,b,1\n")
        assert error(path, columns={"rating": "star"}) == (
            f"{path} has no column 'star', which data.columns.rating asks for (did you mean "
            "'stars'? known: item, stars, user)"
        )
        assert error(path, columns={"user": 9}) == (
            f"{path} has 3 columns, counted from 0; data.columns.user asks for number 9"
        )
        assert error(path, columns={"user": "user", "item": "user"}) == (
            f"{path}: data.columns gives one column two roles (user 'user', item 'user')"
        )

    def test_columns_that_cannot_be_told(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.csv", "who,what,why\na,b,c\n")
        assert error(path) == (
            f"{path}: cannot tell which column holds the user and which the item; the columns are 'who', 'what', "
            "'why'; set data.columns.user and data.columns.item, or data.header: false where the first line is no "
            "header"
        )
        assert read(path, header=False).frame.rows() == [("who", "what"), ("a", "b")]

    def test_a_row_with_too_many_cells(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.csv", "user,item\na,b\nc,d,e\nf,g\n")
        assert error(path) == f"{path}, line 3: 3 cells, where the file has 2 columns"

    def test_files_that_are_something_else(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.txt", "just a line\nand another one of words\n")
        assert "cannot tell" in error(write(tmp_path, "b.csv", "justoneword\nanother\n"))
        assert "cannot tell" in error(path)
        (tmp_path / "c.csv").write_bytes(b"\0\1\2\0" * 20)
        assert error(tmp_path / "c.csv").startswith(f"{tmp_path / 'c.csv'} holds binary data, not text")
        assert "cannot be read as Parquet" in error(write(tmp_path, "d.parquet", "user,item\n"))
        assert error(write(tmp_path, "e.csv.gz", "user,item\n")).startswith(
            f"{tmp_path / 'e.csv.gz'} cannot be read: Not a gzipped"
        )
        path = write(tmp_path, "f.jsonl", '{"user":1,"item":2}\n{"user":1,"item"\n')
        assert error(path).startswith(f"{path}, line 2 is not JSON: ")


def test_the_configuration_of_columns_takes_names_and_numbers() -> None:
    assert ColumnsConfig(user="u", item=3).item == 3
