"""Every test in this folder needs a GPU: `pytest -m gpu`."""

from pathlib import Path

import pytest
import torch

from gnas.graph.bipartite import build_graph
from tests.gpu.gpu_world import Pair, random_interactions

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="torch finds no CUDA device here"))


@pytest.fixture(scope="session")
def pair() -> Pair:
    """One graph, on the CPU and on the GPU."""
    train = random_interactions(0)
    return Pair(train, build_graph(train, torch.device("cpu")), build_graph(train, torch.device("cuda")))
