"""Links between what is alike by its features: neighbours by brute force, the rest by dense algebra."""

from pathlib import Path
from typing import Any

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
from gnas.features.blocks import Block, FeatureSet
from gnas.features.neighbours import nearest_rows
from gnas.features.table import load_table
from gnas.graph.bipartite import Graph, build_graph
from gnas.graph.relations.links import joined, links, normalized_sum
from gnas.nn.model import Candidate, build
from gnas.space.load import load_space

CPU = torch.device("cpu")
N_USERS, N_ITEMS, D = 4, 6, 8


def values(seed: int, n: int = N_ITEMS) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 5)).astype(np.float32)


def test_nearest_rows_by_brute_force() -> None:
    x, present = values(0, 40), np.ones(40, dtype=bool)
    present[[3, 7]] = False
    x[9] = 0
    found = nearest_rows(x, present, 4)
    out = {3, 7, 9}
    for row in range(40):
        if row in out:
            assert (found[row] == -1).all()
            continue
        others = [j for j in range(40) if j != row and j not in out]
        cosine = {j: x[row] @ x[j] / np.linalg.norm(x[row]) / np.linalg.norm(x[j]) for j in others}
        assert found[row].tolist() == sorted(others, key=lambda j: -cosine[j])[:4]


def test_fewer_rows_than_neighbours() -> None:
    found = nearest_rows(values(0, 3), np.ones(3, dtype=bool), 5)
    assert ((found >= 0).sum(axis=1) == 2).all()
    assert (nearest_rows(values(0, 1), np.ones(1, dtype=bool), 5) == -1).all()


def dense_links(blocks: list[Block], k: int) -> np.ndarray:
    a = np.zeros((N_USERS + N_ITEMS,) * 2)
    for block in blocks:
        for row, others in enumerate(nearest_rows(block.values, block.present, k)):
            for other in others[others >= 0]:
                a[N_USERS + row, N_USERS + other] += 1
                a[N_USERS + other, N_USERS + row] += 1
    degree = a.sum(axis=1)
    scale = np.where(degree > 0, np.maximum(degree, 1) ** -0.5, 0)
    return scale[:, None] * a * scale


def world() -> tuple[Graph, FeatureSet]:
    user, item = np.array([(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 3)]).T
    present = np.array([1, 1, 1, 0, 1, 1], dtype=bool)
    blocks = {
        name: Block(name, "test", np.where(present[:, None], values(k), 0).astype(np.float32), present, name)
        for k, name in enumerate("ab")
    }
    return build_graph(Interactions(user, item, N_USERS, N_ITEMS), CPU), FeatureSet({}, blocks)


def test_the_matrix_of_links() -> None:
    graph, features = world()
    relations = links(features, "items", 2, graph)
    matrix = normalized_sum([one.links for one in relations], graph.n_nodes, CPU)
    np.testing.assert_allclose(matrix.csr.to_dense().numpy(), dense_links(list(features.items.values()), 2), atol=1e-6)
    assert [one.ends for one in relations] == [("items", "items")] * 2
    assert links(features, "items", 2, graph)[0] is relations[0], "found once"
    assert joined([], 5, CPU).matmul(torch.ones(5, 2)).abs().sum() == 0


def candidate(features: dict[str, Any]) -> Candidate:
    graph, blocks = world()
    tree = {"dim": D, "propagation": {"lightgcn": {"depth": 1}}, "features": {"attributes": True, **features}}
    model = build(Trained.model_validate(tree), graph, 0, None, blocks)
    assert isinstance(model, Candidate)
    return model


@pytest.mark.parametrize("entry", ["early", "late"])
def test_links_smooth_layer_0_or_the_result(entry: str) -> None:
    model = candidate({"fusion": "none", "knn": {"k": 2, "layers": 2, "weight": 0.5, "entry": entry}})
    links = torch.from_numpy(dense_links(list(world()[1].items.values()), 2)).float()
    mix = torch.eye(N_USERS + N_ITEMS) + 0.5 * links @ links
    ids = model.embedding.detach().clone()
    ids[N_USERS + 4 :] = 0  # items without interactions have no embedding of their own
    plain = candidate({"fusion": "none", "knn": {"k": 1, "weight": 1e-9}})
    layer0 = mix @ ids if entry == "early" else ids
    expected = plain.stack(layer0, plain.relation).final
    expected = expected if entry == "early" else mix @ expected
    user_UD, item_ID = model.embed(training=False)
    torch.testing.assert_close(torch.cat([user_UD, item_ID]), expected, atol=1e-5, rtol=1e-4)
    assert model.reads_items
    assert float(item_ID[4:].detach().abs().sum()) > 0  # known by what they are like
    loss = user_UD.sum() + item_ID.square().sum()
    torch.autograd.backward(loss)
    assert model.embedding.grad is not None


def test_links_add_no_parameters_and_none_is_the_same_candidate() -> None:
    assert candidate({"knn": {"k": 3}}).n_parameters == candidate({}).n_parameters
    plain = Trained.model_validate({"features": {"attributes": True}})
    off = Trained.model_validate({"features": {"attributes": True, "knn": {"k": 0, "layers": 3}}})
    on = Trained.model_validate({"features": {"attributes": True, "knn": {"k": 3}}})
    assert plain.identity == off.identity != on.identity
    assert "knn" not in plain.canonical()["features"]


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ({"fusion": "none"}, "fusion none reads features for `knn` alone"),
        ({"fusion": "none", "ids": False, "knn": {"k": 2}}, "leaves nothing to propagate"),
    ],
)
def test_what_makes_no_sense_is_refused(features: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Trained.model_validate({"features": {"attributes": True, **features}})


def test_the_same_seed_gives_the_same_candidate() -> None:
    users = torch.arange(N_USERS)
    once, again = (candidate({"fusion": "attention", "knn": {"k": 2}}) for _ in range(2))
    torch.testing.assert_close(once.score(users), again.score(users), rtol=0, atol=0)


def test_a_closed_form_follows_the_links() -> None:
    graph, blocks = world()
    tree = {"propagation": {"spectral": {"rank": 2}}}
    features = {"attributes": True, "knn": {"k": 2, "layers": 2, "weight": 0.3, "entry": "early"}}
    plain = Architecture.model_validate(tree)
    linked = Architecture.model_validate({**tree, "features": features})
    users = torch.arange(N_USERS)
    rows = graph.user_item.csr.to_dense()
    links = torch.from_numpy(dense_links(list(blocks.items.values()), 2)[N_USERS:, N_USERS:]).float()
    expected = build(plain, graph, 0).score(users) + 0.3 * rows @ links @ links
    torch.testing.assert_close(build(linked, graph, 0, None, blocks).score(users), expected, atol=1e-5, rtol=1e-4)
    late = Architecture.model_validate({**tree, "features": {**features, "knn": {**features["knn"], "entry": "late"}}})  # type: ignore[dict-item]
    without = Architecture.model_validate({**tree, "features": {"attributes": True}})
    assert linked.identity == late.identity != plain.identity == without.identity
    assert Architecture.model_validate(linked.shown()).identity == linked.identity


def test_one_column_of_vectors_is_written_without_brackets_and_found_again() -> None:
    space = load_space(
        {
            "propagation": {"choice": {"none": {}, "spectral": {"rank": 2}}},
            "features": {"vectors": {"choice": ["none", "image", "all"]}, "knn": {"k": {"choice": [0, 5]}}},
        }
    )
    rng = np.random.default_rng(0)
    for _ in range(50):
        architecture = space.draw(rng).architecture
        assert architecture.read.vectors in ([], ["image"], "all")
        assert space.contains(architecture), space.why_not(architecture)


def test_friends_are_followed_beside_what_is_alike(tmp_path: Path) -> None:
    (tmp_path / "friends.tsv").write_text("a\tb\nu0\tu1\nu1\tu0\nu2\tu3\nu3\tu3\nu1\tnobody\n", encoding="utf-8")
    users = pl.Series([f"u{n}" for n in range(N_USERS)])
    config = FeatureTableConfig.model_validate({"links": {"friends": "friends.tsv"}})
    table = load_table(config, users, tmp_path, "users")
    assert table.links["friends"].tolist() == [[0, 1], [2, 3]]
    assert [(note["step"], note["count"]) for note in table.report] == [("links", 2)]
    graph, _ = world()
    log = Interactions(np.array([0]), np.array([0]), N_USERS, N_ITEMS)
    bank = FeatureBank({"users": table}, log, tmp_path)
    architecture = Trained.model_validate(
        {"dim": D, "propagation": "none", "features": {"links": "friends", "knn": {"entry": "early", "weight": 0.5}}}
    )
    model = build(architecture, graph, 0, None, bank.select(architecture.features))
    assert isinstance(model, Candidate)
    user_UD, item_ID = model.embed(training=False)
    ids = model.embedding.detach().clone()
    ids[3] = 0  # the user without interactions is known by a friend alone
    mixed = ids[:4] + 0.5 * ids[[1, 0, 3, 2]]
    torch.testing.assert_close(user_UD.detach(), mixed)
    torch.testing.assert_close(item_ID.detach(), ids[4:])
    with pytest.raises(DataError, match="features follows links 'foes', but no feature table"):
        bank.select(Features.model_validate({"links": ["foes"]}))
