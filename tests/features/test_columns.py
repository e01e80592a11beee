import polars as pl
import pytest

from gnas.features.columns import parse_numbers, parse_times, split_tags, typed_column
from tests.features.feature_worlds import DATA, table

PLOTS = [
    "A young wizard goes to school",
    "Two detectives, one city, no time",
    "The war is over at last",
    "Love finds a way",
]


@pytest.mark.parametrize(
    ("name", "values", "kind", "because"),
    [
        ("plot", PLOTS, "text", "5.5 words on average"),
        ("year", ["1999", "2001", None, "1987.0"], "number", "numbers"),
        ("zip", ["12345", "V3N4P", "00123"], "category", "a code"),
        ("sex", ["m", "f", "m", "m"], "category", "2 different"),
        ("action", ["0", "1", "1"], "category", "0 and 1"),
        ("genres", ["Drama|War", "Drama", "Comedy|Drama", "Comedy", "War|Drama"], "tags", "'|'"),
        ("days", ["Mon;Tue;", "Mon;", "Tue;Mon;"], "tags", "';'"),
        ("released", ["01-Jan-1995", "03-Mar-1996"], "time", "dates such as 01-Jan-1995"),
        ("created_at", ["874965758", "876893171"], "time", "seconds since 1970"),
        ("poster", ["p/1.jpg", "p/2.JPG", "x.png"], "image", "pictures"),
        ("clip", ["1.wav", "2.flac"], "audio", "sounds"),
        ("homepage", ["http://a.org", "https://b.org"], "ignore", "nothing is downloaded"),
        ("fax", [None, None], "ignore", "no value is known"),
        ("hash", [f"x{k:03d}" for k in range(20)], "ignore", "nothing repeats"),
        ("name", ["Ann Lee", "Bo Li", "Cy Young", "Di Fu"], "text", "2.0 words"),
    ],
)
def test_guesses_the_type_and_says_why(name: str, values: list[str | None], kind: str, because: str) -> None:
    column = typed_column(name, pl.Series(values, dtype=pl.String))
    assert column.type == kind
    assert column.reason.startswith(f"{name} is {kind}: ")
    assert because in column.reason


def test_lists_are_tags_or_vectors() -> None:
    assert typed_column("a", pl.Series([["x", "y"], ["x"]])).type == "tags"
    assert typed_column("a", pl.Series([[1.0, 2.0]], dtype=pl.List(pl.Float32))).type == "vector"


def test_what_the_user_says_wins_over_the_guess() -> None:
    column = typed_column("year", pl.Series(["1999", "2001"]), "category")
    assert (column.type, column.reason) == ("category", "year is category: the configuration says so")
    assert typed_column("words", pl.Series(["a / b", "c"]), "tags").separator == "/"


def test_parses_numbers_times_and_tags() -> None:
    assert parse_numbers(pl.Series([" 1.5", "x", "inf", None])).to_list() == [1.5, None, None, None]
    assert parse_times(pl.Series(["86400", "874965758"]), None).to_list() == [86400, 874965758]
    assert parse_times(pl.Series(["86400000", "874965758000", "x"]), None).to_list() == [86400, 874965758, None]
    assert parse_times(pl.Series(["02-Jan-1970"]), "%d-%b-%Y").to_list() == [86400]
    assert split_tags(pl.Series(["a; b;a;;", None, ""]), ";") == [["a", "b"], [], []]


@pytest.mark.skipif(not (DATA / "ml-100k-media").exists(), reason="the films' table is not here")
def test_types_of_a_table_of_films() -> None:
    ids = [str(n) for n in range(1, 1683)]
    text = (DATA / "ml-100k-media/items.csv").read_text(encoding="utf-8")
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        films = table(Path(folder), text, ids, derive={"poster": "posters/{movie_id}.jpg"})
    found = {name: column.type for name, column in films.columns.items()}
    assert "movie_id" not in found
    assert found["title"] == found["overview"] == found["cleaned_title"] == "text"
    assert found["Action"] == found["War"] == found["original_language"] == "category"
    assert found["year"] == found["runtime"] == found["vote_average"] == "number"
    assert found["poster"] == "image"
