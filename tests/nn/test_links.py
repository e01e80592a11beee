"""Links that come with the data, alone and as channels of their own: dense algebra, and a world of one useful kind."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import Spectral
from gnas.config.features import Features
from gnas.config.run import TrainConfig
from gnas.config.tables import FeatureTableConfig
from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.evaluate.evaluator import Evaluator
from gnas.features.bank import FeatureBank
from gnas.features.blocks import Block, FeatureSet
from gnas.features.table import load_table
from gnas.graph.bipartite import build_graph
from gnas.nn.channels import Links
from gnas.nn.model import Candidate, build
from gnas.space.load import load_space
from gnas.train.loop import train

CPU = torch.device("cpu")
N_USERS, N_ITEMS = 5, 6
N = N_USERS + N_ITEMS
LOG = Interactions(np.array([0, 0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 4, 3]), N_USERS, N_ITEMS)
FRIENDS = np.array([[0, 1], [1, 2], [3, 4]])
SERIES, BOUGHT = np.array([[0, 1], [4, 5]]), np.array([[0, 2], [1, 2], [0, 1]])


def linked_set() -> FeatureSet:
    return FeatureSet({}, {}, {"friends": FRIENDS}, {"related/bought": BOUGHT, "related/series": SERIES})


def adjacency(pairs: np.ndarray, n: int, first: int = 0) -> np.ndarray:
    a = np.zeros((n, n))
    for left, right in pairs + first:
        a[left, right] += 1
        a[right, left] += 1
    return a


def normalised(part: np.ndarray, total: np.ndarray) -> torch.Tensor:
    degree = total.sum(axis=1)
    scale = np.where(degree > 0, np.maximum(degree, 1) ** -0.5, 0)
    return torch.from_numpy(scale[:, None] * part * scale).float()


def test_learned_channels_start_as_the_sum_and_then_weigh_each_set_of_links() -> None:
    graph = build_graph(LOG, CPU)
    parts = [adjacency(FRIENDS, N), adjacency(BOUGHT, N, N_USERS), adjacency(SERIES, N, N_USERS)]
    total = np.sum(parts, axis=0)
    features = Features.model_validate({"links": "all", "knn": {"channels": "learned"}})
    links = Links(linked_set(), features.knn, graph)
    plain = Links(linked_set(), Features(links="all").knn, graph)
    x = torch.randn(N, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(links(x), plain(x))
    torch.testing.assert_close(plain(x), normalised(total, total) @ x)
    assert not list(plain.parameters())
    assert links.items_C is not None
    with torch.no_grad():
        links.items_C.copy_(torch.tensor([0.5, -1.0]))
    weights = [1.0, *(2 * torch.tensor([0.5, -1.0]).softmax(0)).tolist()]
    expected = torch.stack([w * normalised(p, total) @ x for w, p in zip(weights, parts, strict=True)]).sum(0)
    torch.testing.assert_close(links(x), expected)
    links(x).square().sum().backward()
    assert links.items_C.grad is not None
    assert bool((links.items_C.grad != 0).all())


def test_one_set_of_links_has_nothing_to_learn() -> None:
    one = FeatureSet({}, {}, {"friends": FRIENDS}, {"series": SERIES})
    spec = Features.model_validate({"links": "all", "knn": {"channels": "learned"}}).knn
    assert not list(Links(one, spec, build_graph(LOG, CPU)).parameters())


@pytest.mark.parametrize(
    ("features", "matters"),
    [
        ({"attributes": True, "knn": {"k": 5}}, False),
        ({"vectors": "image", "knn": {"k": 5}}, False),
        ({"attributes": True}, False),
        ({"attributes": True, "text": "tfidf", "knn": {"k": 5}}, True),
        ({"vectors": "all", "knn": {"k": 5}}, True),
        ({"image": "pixels", "knn": {"k": 5}}, True),
        ({"links": "related"}, True),
    ],
)
def test_channels_make_another_candidate_where_there_may_be_several(features: dict[str, Any], matters: bool) -> None:
    learned = {**features, "knn": {**features.get("knn", {}), "channels": "learned"}}
    pair = [Trained.model_validate({"features": tree}) for tree in (features, learned)]
    assert (pair[0].identity != pair[1].identity) is matters
    assert ("learned" in pair[1].words) is matters
    closed = [ClosedForm(propagation=_spectral(), features=one.features) for one in pair]
    assert closed[0].identity == closed[1].identity


def _spectral() -> Any:
    return Spectral(rank=2)


def test_channels_may_be_searched() -> None:
    space = load_space({"features": {"links": "all", "knn": {"channels": {"choice": ["sum", "learned"]}}}})
    drawn = [space.draw(np.random.default_rng(seed)).architecture for seed in range(10)]
    assert {one.read.knn.channels for one in drawn} == {"sum", "learned"}
    assert all(space.contains(one) for one in drawn)


def world(seed: int) -> tuple[Interactions, Interactions, FeatureSet]:
    """Users take items of their block; `good` links join items of a block, `bad` ones any two."""
    rng = np.random.default_rng(seed)
    n_users, n_items, n_blocks = 60, 40, 4
    user_block, item_block = rng.permutation(n_users) % n_blocks, rng.permutation(n_items) % n_blocks
    user, item = np.nonzero(user_block[:, None] == item_block)
    held_out = rng.random(len(user)) < 0.2
    parts = [Interactions(user[rows], item[rows], n_users, n_items) for rows in (~held_out, held_out)]
    left, right = np.triu_indices(n_items, 1)
    same = item_block[left] == item_block[right]
    good = np.stack([left, right], axis=1)[same & (rng.random(len(left)) < 0.5)]
    bad = np.stack([left, right], axis=1)[rng.permutation(len(left))[: len(good)]]
    return parts[0], parts[1], FeatureSet({}, {}, {}, {"kin/bad": bad, "kin/good": good})


@pytest.mark.parametrize("seed", [0, 1])
def test_training_prefers_the_links_that_say_something(seed: int) -> None:
    """With few dimensions: where the embeddings alone can tell every pair apart, training needs no links."""
    known, target, features = world(seed)
    graph = build_graph(known, CPU)
    tree = {
        "dim": 4, "propagation": "none", "lr": 0.05, "batch_size": "full", "epochs": 100, "loss": "bpr",
        "features": {"links": "kin", "knn": {"channels": "learned", "weight": 2.0}},
    }  # fmt: skip
    architecture = Trained.model_validate(tree)
    model = build(architecture, graph, 0, None, features)
    assert isinstance(model, Candidate)
    options = TrainConfig(epochs=100, evaluate_every=100)
    evaluator = Evaluator(target, known, [5], 0, CPU)
    list(train(model, graph, known, evaluator, seed=0, objective="ndcg@5", options=options))
    assert model.entry is not None
    assert model.entry.links is not None
    bad, good = model.entry.links.weights().tolist()
    assert good > 1.2 > 0.8 > bad


@pytest.mark.parametrize("layers", [1, 3])
def test_a_closed_form_follows_links_of_both_sides_without_anything_else(layers: int) -> None:
    graph = build_graph(LOG, CPU)
    plain = Architecture.model_validate({"propagation": {"spectral": {"rank": 2}}})
    knn = {"weight": 0.4, "layers": layers}
    linked = plain.with_features(Features.model_validate({"links": "all", "knn": knn}))
    friends, kin = adjacency(FRIENDS, N_USERS), adjacency(SERIES, N_ITEMS) + adjacency(BOUGHT, N_ITEMS)
    s_user = torch.linalg.matrix_power(normalised(friends, friends), layers)
    s_item = torch.linalg.matrix_power(normalised(kin, kin), layers)
    r = graph.user_item.csr.to_dense()
    users = torch.tensor([4, 0, 2])
    expected = build(plain, graph, 0).score(users) + 0.4 * (r @ s_item + s_user @ r)[users]
    torch.testing.assert_close(build(linked, graph, 0, None, linked_set()).score(users), expected)
    for name, part in (("friends", s_user @ r), ("related", r @ s_item)):
        spec = Features.model_validate({"links": name, "knn": knn})
        given = linked_set()
        only = replace(given, item_links={}) if name == "friends" else replace(given, user_links={})
        model = build(plain.with_features(spec), graph, 0, None, only)
        torch.testing.assert_close(model.score(users), build(plain, graph, 0).score(users) + 0.4 * part[users])


def test_a_closed_form_reads_nothing_but_what_links() -> None:
    tree = {"propagation": {"spectral": {"rank": 2}}, "features": {"links": "friends", "text": "tfidf", "hidden": 8}}
    architecture = Architecture.model_validate(tree)
    alone = Architecture.model_validate({**tree, "features": {"links": "friends"}})
    assert architecture.reads_features
    assert architecture.identity == alone.identity
    assert "text" not in architecture.canonical()["features"]
    again = Architecture.model_validate(architecture.shown())
    assert again.identity == architecture.identity
    assert again.read == architecture.read == alone.read


@pytest.mark.parametrize("entry", ["early", "late"])
def test_a_trained_candidate_follows_links_without_any_neighbours(entry: str) -> None:
    graph = build_graph(LOG, CPU)
    tree = {"dim": 4, "propagation": "none", "features": {"links": "all", "knn": {"entry": entry, "weight": 0.5}}}
    model = build(Trained.model_validate(tree), graph, 0, None, linked_set())
    assert isinstance(model, Candidate)
    total = adjacency(FRIENDS, N) + adjacency(BOUGHT, N, N_USERS) + adjacency(SERIES, N, N_USERS)
    ids = model.embedding.detach().clone()
    ids[[4, N_USERS + 5]] = 0  # no interactions: known by links alone
    expected = ids + 0.5 * normalised(total, total) @ ids
    torch.testing.assert_close(torch.cat(model.embed(training=False)).detach(), expected)


def relations(folder: Path, text: str) -> FeatureBank:
    (folder / "related.csv").write_text(text, encoding="utf-8")
    ids = pl.Series([f"i{n}" for n in range(N_ITEMS)])
    config = FeatureTableConfig.model_validate({"links": {"related": "related.csv"}})
    return FeatureBank({"items": load_table(config, ids, folder, "items")}, LOG, folder)


def test_a_column_of_types_makes_a_set_of_links_of_each(tmp_path: Path) -> None:
    rows = ["a,b,type", "i0,i1,series", "i1,i0,bought", "i2,i1,bought", "i3,i4,", "i3,new,bought", "i0,i1,series"]
    bank = relations(tmp_path, "\n".join(rows) + "\n")
    table = bank.tables["items"]
    assert {name: pairs.tolist() for name, pairs in table.links.items()} == {
        "related/bought": [[0, 1], [1, 2]],
        "related/series": [[0, 1]],
    }
    assert [(note["step"], note["count"]) for note in table.report] == [("links", 2)]
    for asked, names in (
        ("related", ["related/bought", "related/series"]),
        ("related/bought", ["related/bought"]),
        ("all", ["related/bought", "related/series"]),
    ):
        found = bank.select(Features.model_validate({"links": asked}))
        assert found is not None
        assert list(found.item_links) == names
    with pytest.raises(DataError, match=r"links 'relat', but .* \(related/bought, related/series\)"):
        bank.select(Features.model_validate({"links": "relat"}))


def test_without_types_the_name_is_the_set(tmp_path: Path) -> None:
    bank = relations(tmp_path, "type,b,weight\ni0,i1,3\n")
    assert list(bank.tables["items"].links) == ["related"], "the first two columns are the pair, whatever their names"


def test_a_block_and_given_links_are_two_channels() -> None:
    values = np.random.default_rng(0).standard_normal((N_ITEMS, 3)).astype(np.float32)
    blocks = {"a": Block("a", "test", values, np.ones(N_ITEMS, dtype=bool), "a")}
    features = FeatureSet({}, blocks, {}, {"series": SERIES})
    spec = Features.model_validate({"attributes": True, "links": "all", "knn": {"k": 2, "channels": "learned"}}).knn
    assert Links(features, spec, build_graph(LOG, CPU)).weights().tolist() == [1.0, 1.0]
