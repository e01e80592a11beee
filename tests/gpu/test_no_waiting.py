"""Within an epoch the host never waits for the GPU: torch itself raises where it would."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from gnas.nn.blend import keeping, standardised, weighted_sum
from gnas.nn.model import Candidate, build
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.optimizers import build_optimizer
from gnas.train.step import build_step
from tests.gpu.gpu_world import PARTS, Pair, architecture, given

pytestmark = pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")


@contextmanager
def waiting_forbidden() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_waiting_is_noticed() -> None:
    with waiting_forbidden(), pytest.raises(RuntimeError, match="synchroniz"):
        torch.ones(1, device="cuda").item()


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_steps_do_not_wait(parts: dict[str, Any], pair: Pair) -> None:
    spec, graph = architecture(**parts), pair.gpu
    model = build(spec, graph, 0, None, given(spec, pair.train))
    assert isinstance(model, Candidate)
    known, generator = positives(graph), torch_rng(graph.device, 0)
    step, optimizer = build_step(model, known), build_optimizer(spec, model.parameters())
    batches = list(itertools.islice(epoch_batches(pairs_of(pair.train, graph, spec), known, graph, spec, generator), 4))
    total = torch.zeros((), device=graph.device)

    def update(number: int) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss = step(batches[number], generator)
        loss.backward()
        optimizer.step()
        total.add_(loss.detach())

    update(0)  # matrices that are kept for all candidates are made here
    with waiting_forbidden():
        update(1)
        update(2)
    assert bool(total.isfinite())


def test_blends_do_not_wait() -> None:
    class Table:
        n_users, n_items = 6, 40

        def __init__(self, seed: int) -> None:
            self.score_UI = torch.randn(6, 40, device="cuda", generator=torch_rng(torch.device("cuda"), seed))

        def score(self, users: torch.Tensor) -> torch.Tensor:
            return self.score_UI[users]

    users = torch.arange(6, device="cuda")
    blend = weighted_sum([keeping(standardised(Table(seed))) for seed in range(2)], [0.5, 0.5])
    with waiting_forbidden():
        first = blend.score(users)
        second = blend.score(users)
    assert bool(first.isfinite().all())
    assert first.equal(second)
