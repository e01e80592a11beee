"""Items and users that training never met, from the command line: measured apart, recommended, served."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.gnas_runner import Gnas

N_USERS, N_ITEMS, N_BLOCKS = 48, 30, 3
GENRES = ("jazz", "opera", "techno")
CANDIDATE = """
propagation: {lightgcn: {depth: 1}}
features: {attributes: true, ids: false}
dim: 16
lr: 0.05
loss: bpr
batch_size: full
epochs: 60
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Users of a block take items of the same number modulo 3; the tables say the block in a word."""
    rng = np.random.default_rng(0)
    clicks = ["user,item"]
    for user in range(N_USERS):
        own = [item for item in range(N_ITEMS) if item % N_BLOCKS == user % N_BLOCKS]
        clicks += [f"u{user},i{item}" for item in rng.permutation(own)[:7]]
    (tmp_path / "clicks.csv").write_text("\n".join(clicks) + "\n")
    items = ["item,genre", *(f"i{item},{GENRES[item % N_BLOCKS]}" for item in range(N_ITEMS))]
    (tmp_path / "items.csv").write_text("\n".join(items) + "\n")
    (tmp_path / "architecture.yaml").write_text(CANDIDATE)
    return tmp_path


def write_config(shop: Path, **data: object) -> Path:
    document = {"data": {"source": "clicks.csv", "items": {"path": "items.csv"}, **data}}
    (shop / "shop.yaml").write_text(json.dumps(document))
    return shop / "shop.yaml"


def test_new_items_are_measured_apart(shop: Path, gnas: Gnas) -> None:
    config = write_config(shop, split={"kind": "cold-items", "valid": 0.2, "test": 0.2})
    ran = gnas("train", "architecture.yaml", "--config", config, "--out", "run", "--quiet")
    assert ran.code == 0, ran.err
    looked = gnas("evaluate", "run", "--json")
    assert looked.code == 0, looked.err
    groups = {group["group"]: group for group in looked.document["groups"]}
    assert set(groups) == {"new items", "new items among themselves"}, "in this split test has no other items"
    assert groups["new items"]["metrics"]["ndcg@20"] == looked.document["metrics"]["ndcg@20"]
    among = groups["new items among themselves"]
    assert {one["name"] for one in among["others"]} >= {"popularity", "ease"}
    ndcg = {one["name"]: one["metrics"]["ndcg@20"]["value"] for one in among["others"]}
    assert among["metrics"]["ndcg@20"]["value"] > 0.9 > ndcg["popularity"], "the genre says who likes a new item"
    said = gnas("evaluate", "run", "--no-baselines")
    assert "new items among themselves" in said.out
    assert "All items are ranked" in said.out
    assert "new items among themselves" in (shop / "run" / "report.html").read_text()
    refitted = gnas("evaluate", "run", "--refit", "--no-baselines", "--json")
    assert refitted.document["groups"][0]["n_users"] == groups["new items"]["n_users"]


def test_where_nothing_is_new_nothing_stands_apart(shop: Path, gnas: Gnas) -> None:
    words = ("--no-baselines", "--set", "evaluate.seeds=1", "--set", "train.epochs=1")
    ran = gnas("evaluate", "architecture.yaml", "--config", write_config(shop), *words)
    assert ran.code == 0, ran.err
    assert "known and new apart" not in ran.out


def serve_new(shop: Path, gnas: Gnas) -> None:
    """Train where the tables have two new items and a new user a block, and one of each of which nothing is known."""
    with (shop / "items.csv").open("a") as items:
        items.writelines(f"new{number},{GENRES[number % N_BLOCKS]}\n" for number in range(6))
        items.write("blank,\n")
    tastes = [f"u{user},{GENRES[user % N_BLOCKS]}" for user in range(N_USERS)]
    tastes += [f"v{number},{GENRES[number]}" for number in range(N_BLOCKS)]
    (shop / "users.csv").write_text("\n".join(["user,taste", *tastes, "quiet,"]) + "\n")
    config = write_config(shop, items={"path": "items.csv", "new": True}, users={"path": "users.csv", "new": True})
    ran = gnas("train", "architecture.yaml", "--config", config, "--out", "run", "--quiet")
    assert ran.code == 0, ran.err


def block_of(item: str) -> int:
    return int(item.removeprefix("new").removeprefix("i")) % N_BLOCKS


def test_new_items_and_users_are_served_by_what_is_known_of_them(shop: Path, gnas: Gnas) -> None:
    serve_new(shop, gnas)
    known = json.loads((shop / "run" / "data.json").read_text())
    assert (known["n_users"], known["n_items"]) == (N_USERS + 4, N_ITEMS + 7)
    assert known["report"][-1]["new items"] == 7
    recs = gnas("recommend", "run", "-k", 5, "--json").document["recommendations"]
    rows = {user: [row["item"] for row in recs if row["user"] == user] for user in {row["user"] for row in recs}}
    assert "blank" not in {item for items in rows.values() for item in items}
    for user in range(N_USERS):
        items = rows[f"u{user}"]
        assert {block_of(item) for item in items} == {user % N_BLOCKS}
        assert {item for item in items if item.startswith("new")} == {f"new{n}" for n in range(6) if n % 3 == user % 3}
    (shop / "ids.txt").write_text("v0\nv1\nv2\nquiet\nstranger\n")
    ran = gnas("recommend", "run", "-k", 12, "--users", "ids.txt", "--json")
    assert ran.document["unknown"] == ["quiet", "stranger"], "nothing is known of them: the popular list"
    assert "2 user(s) unknown to the model got the most popular items: quiet, stranger" in ran.err
    for number in range(N_BLOCKS):
        items = [row["item"] for row in ran.document["recommendations"] if row["user"] == f"v{number}"]
        assert {block_of(item) for item in items} == {number}
        assert len(items) == 12


def test_a_candidate_without_features_recommends_nothing_new(shop: Path, gnas: Gnas) -> None:
    (shop / "architecture.yaml").write_text("propagation: none\ndim: 4\nepochs: 2\n")
    serve_new(shop, gnas)
    recs = gnas("recommend", "run", "-k", 40, "--json")
    assert {row["item"] for row in recs.document["recommendations"]} <= {f"i{item}" for item in range(N_ITEMS)}
    assert set(recs.document["unknown"]) == {"v0", "v1", "v2", "quiet"}
    assert gnas("evaluate", "run", "--no-baselines").code == 0


def test_links_and_vectors_are_described(shop: Path, gnas: Gnas) -> None:
    (shop / "people.csv").write_text("who,whom,type\nu0,u1,friend\nu1,u0,friend\nu1,u2,friend\nu0,u2,boss\nu9,x,boss\n")
    ids = np.array([f"i{item}" for item in range(20)])
    np.savez(shop / "sound.npz", ids=ids, vectors=np.ones((20, 5), dtype=np.float32))
    config = write_config(
        shop, users={"links": {"people": "people.csv"}}, items={"path": "items.csv", "vectors": {"sound": "sound.npz"}}
    )
    ran = gnas("data", "describe", config, "--json")
    assert ran.code == 0, ran.err
    assert ran.document["links"] == [
        {"side": "users", "name": "people/boss", "pairs": 1, "linked": 2, "share": pytest.approx(2 / N_USERS)},
        {"side": "users", "name": "people/friend", "pairs": 2, "linked": 3, "share": pytest.approx(3 / N_USERS)},
    ]
    sound = next(row for row in ran.document["features"] if row["column"] == "sound")
    assert (sound["type"], sound["missing"], sound["examples"]) == ("vector", N_ITEMS - 20, ["5 numbers"])
    said = gnas("data", "describe", config).out
    assert "people/friend" in said
    assert "6.2%" in said, "three of 48 users"


def test_new_users_are_served_by_their_friends_in_a_closed_form(shop: Path, gnas: Gnas) -> None:
    """Links alone, of a file with types: friends share a block, colleagues mislead."""
    (shop / "architecture.yaml").write_text(
        "propagation: {spectral: {rank: 2}}\nfeatures: {links: people/friend, text: tfidf, knn: {weight: 0.5}}\n"
    )
    pairs = ["who,whom,type", *(f"v{n},u{n + 3 * k},friend" for n in range(N_BLOCKS) for k in range(5))]
    pairs += [f"v{n},u{n + 1 + 3 * k},colleague" for n in range(N_BLOCKS) for k in range(9)]
    (shop / "people.csv").write_text("\n".join(pairs) + "\n")
    users = [f"u{user},1" for user in range(N_USERS)] + [f"v{number},1" for number in range(N_BLOCKS)]
    (shop / "users.csv").write_text("\n".join(["user,one", *users]) + "\n")
    config = write_config(shop, users={"path": "users.csv", "new": True, "links": {"people": "people.csv"}})
    ran = gnas("train", "architecture.yaml", "--config", config, "--out", "run", "--quiet")
    assert ran.code == 0, ran.err
    saved = (shop / "run" / "best" / "architecture.yaml").read_text()
    assert "people/friend" in saved
    assert "tfidf" not in saved, "a closed form follows links and projects nothing"
    ran = gnas("recommend", "run", "-k", 4, "--user", "v0", "--user", "v1", "--user", "v2", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["unknown"] == []
    for row in ran.document["recommendations"]:
        assert block_of(row["item"]) == int(row["user"].removeprefix("v"))
