"""How to train within a given memory; of the graph only the number of nodes counts, and no device is needed."""

from typing import Any

import numpy as np
import pytest
import torch

from gnas.config.architecture import Trained
from gnas.data.interactions import Interactions
from gnas.errors import TrialFailed
from gnas.graph.bipartite import Graph, build_graph
from gnas.train.plan import FANOUTS, OFFERED, Plan, full_mib, plan_for

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
HALF = 1_000_000
ROW_MIB = 64 * 4 / 2**20
TABLE_MIB = 2 * HALF * ROW_MIB
STEP_MIB = {fanout: 9 * (2 * 512 + OFFERED) * (1 + fanout + fanout**2) * ROW_MIB for fanout in FANOUTS}
"""Of two layers: 9 tables of all nodes that a step can meet."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build_graph(Interactions(np.array([0]), np.array([0]), HALF, HALF), CPU)


def architecture(**parts: Any) -> Trained:
    given = {"propagation": {"lightgcn": {"depth": 2}}, "dim": 64, "batch_size": 512, **parts}
    return Trained.model_validate(given)


@pytest.mark.parametrize("device", [CPU, CUDA], ids=str)
def test_the_fanout_is_what_the_memory_allows(graph: Graph, device: torch.device) -> None:
    spec = architecture()
    assert full_mib(spec, graph) == pytest.approx(13 * TABLE_MIB)
    assert plan_for(spec, graph, 13.1 * TABLE_MIB, device) is None
    assert plan_for(spec, graph, 12.9 * TABLE_MIB, device) == Plan(FANOUTS[0])
    assert plan_for(spec, graph, 7 * TABLE_MIB + 1.01 * STEP_MIB[3], device) == Plan(3)
    assert plan_for(spec, graph, 7 * TABLE_MIB + 1.01 * STEP_MIB[1], device) == Plan(1)


def test_on_the_cpu_the_embeddings_have_nowhere_else_to_go(graph: Graph) -> None:
    with pytest.raises(TrialFailed, match=r"still \d+ MiB, \d+ of them for the embeddings themselves; a smaller dim"):
        plan_for(architecture(), graph, 6.9 * TABLE_MIB, CPU)


def test_elsewhere_they_go_to_host_memory_with_a_cache(graph: Graph) -> None:
    for more in (0.0, 0.3, 1.5):
        plan = plan_for(architecture(), graph, 4 * TABLE_MIB + STEP_MIB[10] + more * TABLE_MIB, CUDA)
        assert plan is not None
        assert plan.fanout == 10
        assert plan.n_cached == pytest.approx(more / 3 * 2 * HALF, abs=1)
    plan = plan_for(architecture(), graph, 4 * TABLE_MIB + 1.01 * STEP_MIB[2], CUDA)
    assert plan is not None
    assert plan.fanout == 2, "neighbours come before cached rows"
    assert plan.n_cached == pytest.approx(0.01 * STEP_MIB[2] / (3 * ROW_MIB), abs=1)


@pytest.mark.parametrize(
    ("propagation", "n_validation"),
    [
        ({"none": {}}, 0),
        ({"lightgcn": {"depth": 3}}, 3),
        ({"lightgcn": {"depth": 3, "combine": "last", "residual": 0.1}}, 4),
        ({"lightgcn": {"depth": 3, "combine": "concat"}}, 8),
        ({"lightgcn": {"depth": 3, "combine": "attention"}}, 5),
        ({"lightgcn": {"depth": 2, "combine": "concat", "weights": [0, 0.5, 0.5]}}, 3),
        ({"gat": {"depth": 2}}, 8),
    ],
    ids=str,
)
def test_a_validation_copies_the_table_and_holds_layers(
    propagation: dict[str, Any], n_validation: int, graph: Graph
) -> None:
    spec = architecture(propagation=propagation, batch_size=1)
    message = rf"with these in host memory it is \d+ MiB, {(1 + n_validation) * TABLE_MIB:.0f} of them for a validation"
    with pytest.raises(TrialFailed, match=message):
        plan_for(spec, graph, 1.0, CUDA)


def test_what_cannot_be_sampled_fails_on_every_device(graph: Graph) -> None:
    for device in (CPU, CUDA):
        with pytest.raises(TrialFailed, match="cannot be done on samples: its batch is the whole graph"):
            plan_for(architecture(batch_size="full"), graph, 1.0, device)
