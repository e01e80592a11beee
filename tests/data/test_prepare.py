"""From a configuration to a split: numbering, given parts, attributes, fingerprint, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from gnas.config.data import DataConfig
from gnas.data.interactions import Interactions, Split
from gnas.data.prepare import prepare
from gnas.errors import DataError


def config(**keys: Any) -> DataConfig:
    return DataConfig.model_validate(keys)


def write(path: Path, rows: list[tuple[Any, ...]], header: str = "user,item,rating,time") -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def rows(n_users: int = 12, n_items: int = 9, seed: int = 0) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(seed)
    pairs = [(u, i) for u in range(n_users) for i in range(n_items) if rng.random() < 0.7]
    return [(f"u{u:02}", i + 100, int(rng.integers(1, 6)), int(rng.integers(0, 10**6))) for u, i in pairs]


def triples(split: Split, part: Interactions) -> set[tuple[Any, Any, float]]:
    """User id, item id and rating of a part's interactions."""
    assert part.rating is not None
    users, items = split.user_ids.gather(part.user), split.item_ids.gather(part.item)
    return set(zip(users, items, part.rating.tolist(), strict=True))


def error(tmp_path: Path, **keys: Any) -> str:
    with pytest.raises(DataError) as caught:
        prepare(config(**keys), 0, tmp_path)
    return str(caught.value)


def test_everything_of_the_file_is_in_one_part_under_its_own_ids(tmp_path: Path) -> None:
    data = rows()
    write(tmp_path / "a.csv", data)
    split = prepare(config(source="a.csv"), 0, tmp_path)
    parts = [triples(split, part) for part in (split.train, split.valid, split.test)]
    assert set.union(*parts) == {(u, i, float(r)) for u, i, r, _ in data}
    assert sum(map(len, parts)) == len(data)
    assert split.user_ids.to_list() == sorted({row[0] for row in data})
    assert split.item_ids.to_list() == sorted({row[1] for row in data})
    assert split.train.user.dtype == np.int64
    assert (split.n_users, split.n_items) == (split.train.n_users, split.train.n_items) == (12, 9)


@pytest.mark.parametrize("kind", ["random", "user-time", "global-time"])
def test_the_order_of_the_rows_does_not_matter(tmp_path: Path, kind: str) -> None:
    data = rows()
    write(tmp_path / "a.csv", data)
    write(tmp_path / "b.csv", data[::-1])
    keys: dict[str, Any] = {"split": {"kind": kind, "valid": 0.2, "test": 0.2}}
    first, second = (prepare(config(source=name, **keys), 3, tmp_path) for name in ("a.csv", "b.csv"))
    assert first.fingerprint == second.fingerprint
    np.testing.assert_array_equal(first.train.item, second.train.item)


def test_the_fingerprint_changes_with_anything_that_matters(tmp_path: Path) -> None:
    data = rows()
    changed = {
        "base": data,
        "rating": [*data[:-1], (*data[-1][:2], 9, data[-1][3])],
        "time": [*data[:-1], (*data[-1][:3], 999_999_9)],
        "one row less": data[:-1],
        "user id": [("v00" if row[0] == "u00" else row[0], *row[1:]) for row in data],
    }
    prints = {}
    for name, content in changed.items():
        write(tmp_path / "a.csv", content)
        prints[name] = prepare(config(source="a.csv"), 0, tmp_path).fingerprint
    write(tmp_path / "a.csv", data)
    prints["seed"] = prepare(config(source="a.csv"), 1, tmp_path).fingerprint
    prints["split"] = prepare(config(source="a.csv", split={"valid": 0.3}), 0, tmp_path).fingerprint
    assert len(set(prints.values())) == len(prints)
    assert prepare(config(source="a.csv"), 0, tmp_path).fingerprint == prints["base"]
    pl.read_csv(tmp_path / "a.csv").write_parquet(tmp_path / "a.parquet")
    assert prepare(config(source="a.parquet"), 0, tmp_path).fingerprint == prints["base"]


def test_ids_that_join_to_the_same_text_are_told_apart(tmp_path: Path) -> None:
    prints = set()
    for ids in (("ab", "c"), ("a", "bc")):
        write(tmp_path / "a.csv", [(user, item, 1, 1) for user in ids for item in range(20)])
        prints.add(prepare(config(source="a.csv"), 0, tmp_path).fingerprint)
    assert len(prints) == 2


class TestGivenParts:
    train = "0 1 2 3\n1 1 2 3 4\n2 3 4\n3 0 1\n"
    test = "0 4\n1 0 5\n4 1\n3 1\n"

    def write(self, folder: Path, **parts: str) -> None:
        for name, text in parts.items():
            (folder / f"{name}.txt").write_text(text)

    def test_a_folder_with_train_and_test_is_a_given_split(self, tmp_path: Path) -> None:
        self.write(tmp_path, train=self.train, test=self.test)
        by_folder = prepare(config(source="."), 0, tmp_path)
        by_name = prepare(config(train="train.txt", test="test.txt"), 0, tmp_path)
        assert by_folder.fingerprint == by_name.fingerprint
        assert by_folder.report[0]["guesses"][0] == f"{tmp_path}: read train train.txt, test test.txt"
        test = by_folder.test
        assert list(zip(test.user.tolist(), test.item.tolist(), strict=True)) == [(0, 4), (1, 0), (1, 5), (4, 1)]
        assert len(by_folder.train) + len(by_folder.valid) == 11
        assert len(by_folder.valid) > 0

    def test_what_test_has_and_train_has_not_is_kept_and_counted(self, tmp_path: Path) -> None:
        self.write(tmp_path, train=self.train, test=self.test, valid="2 0\n")
        split = prepare(config(source="."), 0, tmp_path)
        assert (split.n_users, split.n_items) == (5, 6)
        step = split.report[-1]
        assert step["users of test not in train"] == 1  # user 4
        assert step["items of test not in train"] == 1  # item 5
        assert step["given"] == ["test", "train", "valid"]
        assert (step["train"], step["valid"], step["test"]) == (11, 1, 4)
        assert split.report[2]["in an earlier part"] == 1  # user 3, item 1

    def test_validation_is_carved_from_train_alone(self, tmp_path: Path) -> None:
        data = rows()
        write(tmp_path / "train.csv", data[:60])
        write(tmp_path / "test.csv", data[60:])
        keys: dict[str, Any] = {"train": "train.csv", "test": "test.csv"}
        split = prepare(config(**keys, split={"kind": "leave-out", "valid": 1.0, "test": 1.0}), 0, tmp_path)
        assert triples(split, split.test) == {(u, i, float(r)) for u, i, r, _ in data[60:]}
        assert len(split.valid) == len({row[0] for row in data[:60]})
        assert split.report[-1]["shares"] == {"valid": 1.0}

    def test_test_is_carved_too_where_it_is_not_given(self, tmp_path: Path) -> None:
        write(tmp_path / "train.csv", rows())
        both = prepare(config(train="train.csv"), 0, tmp_path)
        assert both.fingerprint == prepare(config(source="train.csv"), 0, tmp_path).fingerprint
        without = prepare(config(train="train.csv", split={"test": 0.0}), 0, tmp_path)
        assert len(without.test) == 0
        assert len(without.valid) > 0

    def test_a_column_that_one_part_lacks_is_left_out(self, tmp_path: Path) -> None:
        write(tmp_path / "train.csv", rows())
        write(tmp_path / "test.csv", [("u00", "new")], header="user,item")
        split = prepare(config(source="."), 0, tmp_path)
        assert split.train.rating is None
        assert split.report[0]["guesses"][-2:] == [
            "rating is left out: not every part has it",
            "time is left out: not every part has it",
        ]
        assert "new" in split.item_ids.to_list()  # so all items are text now
        assert "100" in split.item_ids.to_list()


def test_steps_of_cleaning_are_reported_in_order(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [*rows(), ("u00", "", 3, 1), ("u00", 100, 1, 5)])
    split = prepare(config(source="a.csv", filter={"min_rating": 2, "core": 2}), 0, tmp_path)
    assert [step["step"] for step in split.report] == [
        "read", "missing values", "repetitions", "rating threshold", "k-core", "split"
    ]  # fmt: skip
    assert split.report[1]["missing"] == {"item": 1}
    counts = [step["interactions"] for step in split.report]
    assert counts == sorted(counts, reverse=True)


def test_movielens_layouts_bring_titles_and_attributes(tmp_path: Path) -> None:
    pairs = [(u, i) for u in (1, 2, 3) for i in (1, 2, 3, 4)]
    (tmp_path / "u.data").write_text("".join(f"{u}\t{i}\t3\t881250949\n" for u, i in pairs))
    flags = ["0|1|0", "0|0|0", "1|0|0", "0|1|1"]
    (tmp_path / "u.item").write_bytes(
        "".join(
            f"{i}|Les Misérables {i} (1995)|01-Jan-1995||http://x|{flags[i - 1]}{'|0' * 16}\n" for i in (1, 2, 3, 4)
        ).encode("iso-8859-1")
    )
    (tmp_path / "u.user").write_text("1|24|M|technician|85711\n3|23|F|writer|01234\n2|53|F|other|94043\n")
    split = prepare(config(source="."), 0, tmp_path)
    assert split.items is not None
    assert split.users is not None
    assert split.items.row(3) == ("Les Misérables 4 (1995)", 1995, "Action|Adventure")
    assert split.items["genres"].to_list() == ["Action", None, None, "Action|Adventure"]
    assert split.users.rows()[1:] == [(53, "F", "other", "94043"), (23, "F", "writer", "01234")]

    one = tmp_path / "ml-1m"
    one.mkdir()
    (one / "ratings.dat").write_text("".join(f"{u}::{i}::3::881250949\n" for u, i in pairs))
    (one / "movies.dat").write_bytes('1::Amélie "x (2001)::Comedy|Drama\n2::B::Drama\n'.encode("iso-8859-1"))
    (one / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n3::M::25::15::55117\n")
    split = prepare(config(source="ml-1m"), 0, tmp_path)
    assert split.items is not None
    assert split.users is not None
    assert split.items.rows()[:3] == [
        ('Amélie "x (2001)', 2001, "Comedy|Drama"),
        ("B", None, "Drama"),
        (None, None, None),
    ]
    assert split.users.row(0) == (1, "F", "job 10", 48067)

    latest = tmp_path / "ml-latest"
    latest.mkdir()
    write(latest / "ratings.csv", [(u, i, 3.5, 881250949) for u, i in pairs], "userId,movieId,rating,timestamp")
    (latest / "movies.csv").write_text('movieId,title,genres\n1,"American President, The (1995)",(no genres listed)\n')
    split = prepare(config(source="ml-latest"), 0, tmp_path)
    assert split.items is not None
    assert split.items.row(0) == ("American President, The (1995)", 1995, None)


def test_a_set_of_the_catalogue_is_read_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNAS_CACHE", str(tmp_path))
    folder = tmp_path / "data" / "lastfm"
    folder.mkdir(parents=True)
    lines = [f"{u}\t{i}\t{u * i}\n" for u in range(2, 8) for i in range(1, 6)]
    (folder / "user_artists.dat").write_text("userID\tartistID\tweight\n" + "".join(lines))
    (folder / "artists.dat").write_text('id\tname\turl\n1\t"Weird Al" Yankovic\tx\n2\tMALICE\tx\n')
    (folder / "user_friends.dat").write_text("userID\tfriendID\n2\t3\n")
    split = prepare(config(source="lastfm"), 0, Path("/nowhere"))
    assert (split.n_users, split.n_items) == (6, 5)
    assert split.items is not None
    assert split.items["title"].to_list() == ['"Weird Al" Yankovic', "MALICE", None, None, None]


def test_recbole_folders_bring_their_attributes(tmp_path: Path) -> None:
    lines = [f"u{u}\ti{i}\n" for u in range(5) for i in range(5)]
    (tmp_path / "x.inter").write_text("user_id:token\titem_id:token\n" + "".join(lines))
    (tmp_path / "x.item").write_text("item_id:token\tclass:token_seq\ni1\ta b\ni0\tc\n")
    split = prepare(config(source=".", format="recbole"), 0, tmp_path)
    assert split.items is not None
    assert split.items["class"].to_list() == ["c", "a b", None, None, None]


class TestRefused:
    def test_a_missing_file_with_the_nearest_name(self, tmp_path: Path) -> None:
        write(tmp_path / "ratings.csv", rows())
        shown = "; `gnas data list` shows the named data sets"
        assert error(tmp_path, source="rating.csv") == (
            f"data.source: no file or folder '{tmp_path / 'rating.csv'}' (did you mean 'ratings.csv'?){shown}"
        )
        assert error(tmp_path, source="movielens100k") == (
            f"data.source: no file or folder '{tmp_path / 'movielens100k'}' (did you mean 'movielens-100k'?){shown}"
        )
        assert error(tmp_path, train="ratings.csv", test="no.csv") == (
            f"data.test: no file or folder '{tmp_path / 'no.csv'}'"
        )

    def test_a_folder_without_interactions_or_with_too_many(self, tmp_path: Path) -> None:
        assert error(tmp_path, source=".") == (
            f"{tmp_path} holds no file of interactions that gnas can read; it holds nothing"
        )
        write(tmp_path / "a.csv", rows())
        write(tmp_path / "b.csv", rows())
        assert error(tmp_path, source=".").startswith(
            f"{tmp_path} holds several files that could be the interactions (a.csv, b.csv); name one as data.source"
        )

    def test_one_user_or_one_item(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", [("ann", i, 3, 1) for i in range(10)])
        assert error(tmp_path, source="a.csv") == (
            f"{tmp_path / 'a.csv'} has one user alone ('ann'); to recommend, at least two are needed; check "
            "data.columns.user"
        )
        write(tmp_path / "b.csv", [(f"u{u}", 7, 3, 1) for u in range(10)])
        assert error(tmp_path, source="b.csv").startswith(f"{tmp_path / 'b.csv'} has one item alone (7); to recommend")
        write(tmp_path / "c.csv", [("ann", i, 3, 1) for i in range(10)] + [("bob", 0, 1, 1)])
        assert error(tmp_path, source="c.csv", filter={"min_rating": 2}).startswith(
            f"{tmp_path / 'c.csv'} has one user alone ('ann') after cleaning (data.filter); to recommend"
        )

    def test_a_core_that_leaves_nothing(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", [(u, i, 3, 1) for u in range(4) for i in range(3)])
        assert error(tmp_path, source="a.csv", filter={"core": 10}) == (
            "data.filter.core 10 leaves nothing of 12 interactions; the largest core that leaves something is 3"
        )

    def test_a_split_that_leaves_a_part_empty(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", [(u, u, 3, 1) for u in range(4)])
        assert error(tmp_path, source="a.csv") == (
            "nothing is left for valid after the split (train 4, valid 0, test 0); give more data, or change "
            "data.split (random, valid 0.1, test 0.2)"
        )
        assert error(tmp_path, source="a.csv", split={"kind": "global-time"}).startswith(
            "nothing is left for train after the split (train 0, valid 0, test 4); give more data"
        )

    def test_a_split_by_time_without_times(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", rows())
        sentence = error(tmp_path, source="a.csv", columns={"time": "none"}, split={"kind": "user-time"})
        assert sentence.startswith("data.split.kind user-time needs times, and the data have none")
