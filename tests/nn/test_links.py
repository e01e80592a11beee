"""Links that come with the data: dense algebra, and how they are read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from gnas.config.architecture import Architecture, Trained
from gnas.config.features import Features
from gnas.config.tables import FeatureTableConfig
from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.features.bank import FeatureBank
from gnas.features.blocks import FeatureSet
from gnas.features.table import load_table
from gnas.graph.bipartite import build_graph
from gnas.nn.model import Candidate, build

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
