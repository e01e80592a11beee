"""Attributes as tokens: against a loop over columns, and an interaction that no linear map sees."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.config.features import ColumnReading, Features
from gnas.config.run import TrainConfig
from gnas.config.tables import FeatureTableConfig
from gnas.data.interactions import Interactions
from gnas.evaluate.evaluator import Evaluation
from gnas.features.bank import FeatureBank
from gnas.features.blocks import Block, FeatureSet
from gnas.features.table import load_table
from gnas.graph.bipartite import build_graph
from gnas.nn.column_reader import ColumnReader
from gnas.nn.fusion import FeatureFusion, Projection
from gnas.nn.model import build
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng
from gnas.train.loop import train
from tests.nn.torch_reader import by_torch, disturbed

D = 8
CSV = "id,size,kind,tags,same\na,1,Red,x|y,1\nb,3,red,x,1\nc,,blue,y|x,1\nd,5,?,z|x,1\ne,7,blue,?,1\nf,,,,\n"
COLUMNS = {"size": "number", "kind": "category", "tags": "tags", "same": "number"}


def attributes(folder: Path) -> Block:
    """Five items of which something is known and one of which nothing is; the column `same` says nothing."""
    (folder / "items.csv").write_text(CSV)
    config = FeatureTableConfig.model_validate({"path": "items.csv", "columns": COLUMNS, "clean": {"outliers": "none"}})
    items = load_table(config, pl.Series(list("abcdef")), folder, "items")
    log = Interactions(np.zeros(5, dtype=np.int64), np.arange(5), 1, 6)
    chosen = FeatureBank({"items": items}, log, folder).select(Features(attributes="transformer"))
    assert chosen is not None
    return chosen.items["attributes"]


def reader_of(block: Block) -> ColumnReader:
    reader = ColumnReader(block, ColumnReading(), D, D, torch_rng("cpu", 0), 0.1)
    disturbed(reader)
    return reader


def test_a_block_knows_its_columns(tmp_path: Path) -> None:
    block = attributes(tmp_path)
    assert block.columns == (2, 3, 4, 0)
    assert block.dim == 9


def test_tokens_and_their_reading_by_hand(tmp_path: Path) -> None:
    block = attributes(tmp_path)
    reader = reader_of(block)
    out_nD = reader(0.0, None)
    with torch.no_grad():
        for row in range(5):
            tokens, first = [], 0
            for column, width in enumerate((2, 3, 4)):
                token = reader.bias_CD[column].clone()
                for k in range(first, first + width):
                    token += float(block.values[row, k]) * reader.table_dD[k]
                tokens.append(token)
                first += width
            torch.testing.assert_close(reader.tokens()[row], torch.stack(tokens), rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(out_nD[row], by_torch(reader.reader, torch.stack(tokens)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(out_nD[5], reader.missing_O)


def test_equal_values_are_equal_tokens_and_numbers_lie_on_a_line(tmp_path: Path) -> None:
    size, kind, tags = reader_of(attributes(tmp_path)).tokens()[:5].detach().unbind(1)
    torch.testing.assert_close(kind[0], kind[1])  # Red, red
    torch.testing.assert_close(kind[2], kind[4])  # blue, blue
    torch.testing.assert_close(tags[0], tags[2])  # x|y, y|x
    assert all(float((kind[3] - other).abs().max()) > 0.1 for other in kind[[0, 2]]), "missing has its own"
    torch.testing.assert_close((size[1] - size[0]) / 2, (size[3] - size[1]) / 2, rtol=1e-3, atol=1e-4)  # 1, 3, 5
    filled = (size[1] + size[3]) / 2  # what is missing is filled with the median, 4 …
    assert float((size[2] - filled).abs().max()) > 0.1, "… and told apart"


def test_dropped_readings_become_the_learned_vector(tmp_path: Path) -> None:
    reader = reader_of(attributes(tmp_path))
    seen = torch.stack([reader(0.5, torch_rng("cpu", k))[0] for k in range(200)])
    assert 0.4 < float((seen == reader.missing_O).all(1).float().mean()) < 0.6


def test_only_attributes_are_tokens_and_they_start_as_spread_as_others() -> None:
    rng, known = np.random.default_rng(0), np.ones(400, dtype=bool)
    value = rng.standard_normal((400, 12)).astype(np.float32) / np.float32(np.sqrt(12))
    blocks = {
        "attributes": Block("attributes", "test", value, known, "a", columns=(3, 0, 4, 5)),
        "text": Block("text", "test", value, known, "t"),
    }
    fusion = FeatureFusion(Features(attributes="transformer"), FeatureSet({}, blocks), 64, 0, 400, torch_rng("cpu", 0))
    kinds = [type(projection) for projection in fusion.items.projections]
    assert kinds == [ColumnReader, Projection]
    assert 0.06 < float(fusion().detach().std()) < 0.14


@pytest.mark.parametrize(("reading", "found"), [("flat", False), ("transformer", True)])
def test_two_attributes_that_mean_something_only_together(reading: str, found: bool) -> None:
    """Users like items with one of two attributes, but not with both or none; new items are ranked by attributes."""
    rng = np.random.default_rng(0)
    n_users, n_items = 80, 96
    one_I, two_I = rng.integers(0, 2, n_items), rng.integers(0, 2, n_items)
    kind_U, kind_I = rng.permutation(np.arange(n_users) % 2), one_I ^ two_I
    new_I = np.arange(n_items) >= 72
    user, item = np.nonzero((kind_U[:, None] == kind_I) & ~new_I & (rng.random((n_users, n_items)) < 0.5))
    values = np.stack([one_I - 0.5, two_I - 0.5, rng.standard_normal(n_items)], 1).astype(np.float32)
    block = Block("attributes", "test", values, np.ones(n_items, dtype=bool), "x", columns=(1, 1, 1))

    def measure(recommender: Recommender) -> Evaluation:
        new_UI = recommender.score(torch.arange(n_users))[:, new_I].numpy()
        right = kind_I[new_I][new_UI.argmax(1)] == kind_U
        return Evaluation({"ndcg@1": float(right.mean())}, {}, np.arange(1), 0.0)

    features = {"attributes": reading, "ids": False}
    architecture = Architecture.model_validate(
        {"dim": 16, "lr": 0.01, "batch_size": 256, "propagation": "none", "features": features}
    )
    log = Interactions(user, item, n_users, n_items)
    graph = build_graph(log, torch.device("cpu"))
    model = build(architecture, graph, 0, None, FeatureSet({}, {"attributes": block}))
    options = TrainConfig(epochs=20, evaluate_every=20)
    *_, last = train(model, graph, log, measure, seed=0, objective="ndcg@1", options=options)
    assert last.metrics["ndcg@1"] > 0.95 if found else last.metrics["ndcg@1"] < 0.7  # chance is 0.5
