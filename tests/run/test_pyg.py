"""A trained model with a layer of PyG, and its run as PyG's HeteroData."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

import gnas
from gnas.graph.pyg import interactions_of
from gnas.nn.model import Candidate

PAIRS = [(f"u{user}", f"i{(user * 3 + step) % 12}") for user in range(20) for step in range(8)]


def test_a_run_of_a_pyg_layer_goes_to_pyg(tmp_path: Path) -> None:
    tree = {"propagation": {"pyg": {"layer": "TAGConv", "args": {"K": 1}, "depth": 1}}, "dim": 8, "epochs": 2}
    frame = pl.DataFrame(PAIRS, schema=["user", "item"], orient="row")
    model = gnas.train(gnas.Architecture.model_validate(tree), frame, out=tmp_path / "run").model
    data = model.hetero_data()
    user_UD, item_ID = (data[node].embedding for node in ("user", "item"))
    np.testing.assert_allclose(model.score(list(model.users)), (user_UD @ item_ID.T).numpy(), rtol=1e-5, atol=1e-6)
    assert isinstance(model.recommender, Candidate)
    assert interactions_of(data).n_items == len(model.items)
    assert torch.equal(
        data["user", "takes", "item"].edge_index, model.prepared.graph.user_item.pattern.edge_index.flip(0)
    )
    assert not user_UD.requires_grad
