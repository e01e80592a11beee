"""Ids of a table without interactions: numbered last, counted, part of the fingerprint."""

from pathlib import Path
from typing import Any

import pytest

from gnas.config.data import DataConfig
from gnas.data.interactions import Split
from gnas.data.prepare import prepare
from gnas.errors import DataError
from gnas.features.newcomers import with_newcomers
from gnas.features.table import load_tables


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n")


def read(folder: Path, **tables: Any) -> Split:
    config = DataConfig.model_validate({"source": "clicks.csv", "split": {"valid": 0.3}, **tables})
    return with_newcomers(prepare(config, 0, folder), config, folder)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path, "clicks.csv", "user,item", *(f"u{n % 6},{n * 7 % 8}" for n in range(48)))
    write(tmp_path, "items.csv", "id,genre", "12,a", "3,b", "0,a", "9,b", "9,b", ",a")
    write(tmp_path, "users.csv", "who,age", "u1,20", "aaa,30")
    return tmp_path


def test_new_ids_come_last_in_their_order(place: Path) -> None:
    before, split = read(place), read(place, items={"path": "items.csv", "new": True})
    assert split.item_ids.to_list() == [*before.item_ids.to_list(), 9, 12]
    assert (split.n_users, split.train.n_items, split.test.n_items) == (6, 10, 10)
    assert split.train.item.tolist() == before.train.item.tolist()
    assert split.report[-1] == {
        "step": "new", "interactions": 24, "users": 6, "items": 10, "new users": 0, "new items": 2
    }  # fmt: skip
    assert split.fingerprint != before.fingerprint
    config = DataConfig.model_validate({"source": "clicks.csv", "items": {"path": "items.csv", "new": True}})
    table = load_tables(config, split, place)["items"]
    assert table.frame["genre"].to_list()[-2:] == ["b", "a"]
    both = read(place, items={"path": "items.csv", "new": True}, users={"path": "users.csv", "id": "who", "new": True})
    assert both.user_ids.to_list() == ["u0", "u1", "u2", "u3", "u4", "u5", "aaa"]


def test_nothing_is_new_unless_asked_for(place: Path) -> None:
    assert read(place, items={"path": "items.csv"}).fingerprint == read(place).fingerprint
    write(place, "items.csv", "id,genre", "3,b")
    assert read(place, items={"path": "items.csv", "new": True}).fingerprint == read(place).fingerprint


def test_ids_of_another_kind_are_refused(place: Path) -> None:
    write(place, "items.csv", "id,genre", "3,b", "total,2")
    with pytest.raises(DataError, match="the table has the id 'total', but the ids of the interactions are whole"):
        read(place, items={"path": "items.csv", "new": True})
    with pytest.raises(ValueError, match="`new: true` takes the ids of a table; give its `path`"):
        read(place, items={"links": {"friends": "f.csv"}, "new": True})
