from pathlib import Path

import polars as pl
import pytest

from gnas.config.tables import FeatureTableConfig
from gnas.errors import DataError
from gnas.features.describe import describe_features
from gnas.features.read import read_frame
from gnas.features.table import load_table, table_from_frame
from tests.features.feature_worlds import DATA, notes, table

FILMS = "film,title,year,style\n3,Three Men Walk,1999,drama\n1,One For All,?,NA\n9,Nine Lives Left,2001,war\n"


def test_rows_stand_in_the_order_of_the_ids(tmp_path: Path) -> None:
    films = table(tmp_path, FILMS, [1, 2, 3])
    assert films.frame["title"].to_list() == ["One For All", None, "Three Men Walk"]
    assert len(films) == 3
    assert notes(films.report, "join") == {"film": 1}
    assert notes(films.report, "unknown") == {"year": 1, "style": 1}
    assert films.frame["year"].to_list() == [None, None, "1999"]


def test_several_rows_of_an_id_become_one(tmp_path: Path) -> None:
    text = "id,price,kind,note\na,1,x,first words here\na,3,y,other words here\nb,5,x,third words here\n"
    merged = table(tmp_path, text, ["a", "b"])
    assert merged.frame["price"].to_list() == ["2.0", "5.0"]
    assert merged.frame["kind"].to_list() == [["x", "y"], ["x"]]
    assert merged.columns["kind"].type == "tags"
    assert merged.frame["note"].to_list() == ["first words here", "third words here"]
    assert notes(merged.report, "merge") == {"": 1}


def test_several_files_are_joined(tmp_path: Path) -> None:
    (tmp_path / "more.tsv").write_text("id\tcolour\na\tred\nb\tblue\n")
    both = table(tmp_path, "id,price\na,1\nb,2\n", ["b", "a"], path=["items.csv", "more.tsv"])
    assert both.frame.to_dict(as_series=False) == {"price": ["2", "1"], "colour": ["blue", "red"]}


def test_columns_made_from_others(tmp_path: Path) -> None:
    films = table(tmp_path, FILMS, [3, 9], derive={"poster": "art/{style}/{film}.jpg"})
    assert films.frame["poster"].to_list() == ["art/drama/3.jpg", "art/war/9.jpg"]
    assert films.columns["poster"].type == "image"
    with pytest.raises(DataError, match=r"template 'x/\{fiml\}' names no column 'fiml' \(did you mean 'film'"):
        table(tmp_path, FILMS, [3], derive={"poster": "x/{fiml}"})


def test_a_file_without_names_or_quotes_in_latin_1(tmp_path: Path) -> None:
    (tmp_path / "u.item").write_bytes('1|Les Misérables|x\n2|"Weird Al" Yankovic|y\n'.encode("latin-1"))
    frame = read_frame(tmp_path / "u.item", separator="|", names=["id", "title", "kind"])
    assert frame["title"].to_list() == ["Les Misérables", '"Weird Al" Yankovic']


def test_json_lines_and_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1, "tags": ["x", "y"], "ok": true}\n{"id": 2, "tags": [], "ok": false}\n')
    frame = read_frame(tmp_path / "a.jsonl")
    assert frame.to_dict(as_series=False) == {"id": ["1", "2"], "tags": [["x", "y"], []], "ok": ["1", "0"]}
    frame.write_parquet(tmp_path / "a.parquet")
    assert read_frame(tmp_path / "a.parquet").equals(frame)


def test_a_frame_that_the_data_set_brought(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [5, 6], "title": ["A b c d", None], "genres": [["x"], ["y"]]})
    brought = table_from_frame(frame, "items", tmp_path)
    assert {name: column.type for name, column in brought.columns.items()} == {"title": "text", "genres": "tags"}


@pytest.mark.parametrize(
    ("config", "ids", "sentence"),
    [
        ({}, ["x", "y"], r"no column holds the ids of the interactions \(such as \['x', 'y'\]\); name it with `id`"),
        ({"id": "flim"}, [1], r"no column 'flim' \(did you mean 'film'"),
        ({"columns": {"titel": "text"}}, [1], r"columns names 'titel'.*did you mean 'title'"),
        ({"path": "none.csv"}, [1], r"no file '.*none.csv'"),
    ],
)
def test_mistakes_are_answered_with_a_sentence(
    tmp_path: Path, config: dict[str, object], ids: list[object], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        table(tmp_path, FILMS, ids, **config)


def test_describes_every_column(tmp_path: Path) -> None:
    title, year, style = describe_features(table(tmp_path, FILMS, [1, 2, 3]))
    assert (title.type, title.missing, title.cardinality) == ("text", 1, 2)
    assert title.examples == ("One For All", "Three Men Walk")
    assert (year.type, year.missing, year.cardinality, year.examples) == ("number", 2, 1, ("1999",))
    assert (style.type, style.reason) == ("category", "style is category: it has 1 different values")


@pytest.mark.skipif(not (DATA / "uci-restaurant").exists(), reason="the restaurants' tables are not here")
def test_question_marks_of_the_restaurants_are_missing() -> None:
    files = [f"{name}.csv" for name in ("geoplaces2", "chefmozcuisine", "chefmozaccepts", "chefmozhours4")]
    ids = read_frame(DATA / "uci-restaurant/rating_final.csv")["placeID"].unique().sort()
    places = load_table(FeatureTableConfig(path=files), ids, DATA / "uci-restaurant", "items")
    unknown = notes(places.report, "unknown")
    assert unknown["fax"] == 130
    assert unknown["url"] == 116
    assert unknown["country"] == 28
    assert places.frame["zip"].null_count() == 74
    assert places.columns["fax"].type == "ignore"
    assert places.columns["Rcuisine"].type == places.columns["days"].type == "tags"
    assert places.columns["latitude"].type == "number"
