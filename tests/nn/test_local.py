"""A candidate on a neighbourhood: with every neighbour drawn it is the candidate itself, with few right on average."""

import numpy as np
import pytest
import torch

from gnas.config.architecture import Architecture
from gnas.data.interactions import Interactions
from gnas.graph.bipartite import Graph, build_graph
from gnas.graph.sampling import neighbourhood
from gnas.nn.model import Candidate, build
from tests.forms import OPERATORS
from tests.nn.small_world import rng, stir

PROPAGATIONS = [
    {"none": {}},
    *({kind: {"depth": 2}} for kind in OPERATORS if kind != "pyg"),
    {"lightgcn": {"depth": 3, "norm": "left", "combine": "last"}},
    {"gcn": {"depth": 2, "self_loops": True, "norm": "right"}},
    {"sage": {"depth": 2, "aggregate": "max"}},
    {"mixed": {"ops": ["lightgcn", "gat", "sage"], "combine": "concat"}},
]
USERS, ITEMS = 40, 30


@pytest.fixture(scope="module")
def graph() -> Graph:
    draw = np.random.default_rng(0).random((USERS, ITEMS)) < 0.1
    user, item = np.nonzero(draw)
    return build_graph(Interactions(user, item, USERS, ITEMS), torch.device("cpu"))


def candidate(graph: Graph, propagation: dict[str, object]) -> Candidate:
    architecture = Architecture.model_validate({"propagation": propagation, "dim": 8})
    model = build(architecture, graph, 0)
    assert isinstance(model, Candidate)
    stir(model)
    return model


def part_of(graph: Graph, node_S: torch.Tensor) -> Graph:
    n_users = int((node_S < USERS).sum())
    nothing = np.zeros(0, dtype=np.int64)
    return build_graph(Interactions(nothing, nothing, n_users, len(node_S) - n_users), graph.device)


@pytest.mark.parametrize("propagation", PROPAGATIONS, ids=str)
def test_with_all_neighbours_it_is_the_whole_graph(graph: Graph, propagation: dict[str, object]) -> None:
    model = candidate(graph, propagation)
    seeds = torch.tensor([5, 3, USERS + 7, USERS + 1, 5])
    near = neighbourhood(graph.interactions, seeds, len(model.stack.layers), 1000, rng())
    assert (near.weight_P == 1).all()
    x_SD = model.embedding.detach()[near.node_S].requires_grad_()
    local = model.on(near, x_SD, part_of(graph, near.node_S))
    at_seeds = torch.searchsorted(near.node_S, seeds)
    mine = local.propagate(True, rng()).final[at_seeds]
    whole = model.propagate(True, rng()).final[seeds]
    torch.testing.assert_close(mine, whole)
    (mine.square().sum()).backward()
    others = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    (whole.square().sum()).backward()
    assert model.embedding.grad is not None
    assert "embedding" not in others
    expected, gradient = model.embedding.grad, x_SD.grad
    assert gradient is not None
    found = torch.zeros_like(expected).index_copy(0, near.node_S, gradient)
    torch.testing.assert_close(found, expected)
    for name, parameter in model.named_parameters():
        if name != "embedding" and parameter.grad is not None:
            torch.testing.assert_close(others[name], parameter.grad)


def test_few_neighbours_are_right_on_average(graph: Graph) -> None:
    model = candidate(graph, {"lightgcn": {"depth": 1, "combine": "last"}})
    seeds = torch.arange(graph.n_nodes)
    whole = model.propagate(False).final
    draws, generator = [], rng(3)
    for _ in range(3000):
        near = neighbourhood(graph.interactions, seeds, 1, 2, generator)
        local = model.on(near, model.embedding.detach()[near.node_S], part_of(graph, near.node_S))
        draws.append(local.propagate(False).final.detach())
    assert int(near.pattern.count.max()) == 2
    stacked = torch.stack(draws)
    error = stacked.std(0) / len(draws) ** 0.5
    assert ((stacked.mean(0) - whole).abs() <= 5 * error + 1e-5).all()


def test_dropped_entries_and_self_loops(graph: Graph) -> None:
    """Edge dropout acts on drawn entries, never on self loops."""
    near = neighbourhood(graph.interactions, torch.arange(graph.n_nodes), 1, 1000, rng())
    full = graph.interactions.adjacency(0.5, self_loops=True)
    mine = near.adjacency(0.5, self_loops=True)
    torch.testing.assert_close(mine.csr.to_dense(), full.csr.to_dense())
    emptied = mine.reweighted(torch.zeros(near.pattern.nnz)).csr.to_dense()
    torch.testing.assert_close(emptied, torch.diag(full.csr.to_dense().diagonal()))
