"""The search on spaces as users write them."""

from pathlib import Path

import pytest

from gnas.config.architecture import Architecture
from gnas.events import Note
from gnas.search.objectives import objectives_of
from gnas.search.samplers import SAMPLERS
from gnas.search.view import View
from gnas.space.search_space import SearchSpace, parse_space
from tests.forms import trained
from tests.search.search_fakes import FakeTraining, run, setup, trials

TREE = {
    "propagation": {
        "choice": {
            "none": {},
            "lightgcn": {"depth": {"int": [1, 4]}, "norm": {"choice": ["sym", "left"]}},
            "sage": {"depth": {"int": [1, 4]}, "aggregate": {"choice": ["mean", "max"]}},
            "spectral": {"rank": {"choice": [32, 64, 128]}},
        }
    },
    "dim": {"choice": [32, 64, 128]},
    "loss": {"choice": {"bpr": {}, "softmax": {"temperature": {"float": [0.05, 0.3], "log": True}}}},
    "contrastive": {"choice": ["none", "sgl"]},
    "lr": {"float": [0.001, 0.1], "log": True},
    "batch_size": {"choice": [1024, 4096], "when": {"loss": "bpr"}},
    "epochs": 8,
    "anchors": ["mf", "lightgcn-2"],
    "constraints": [{"parameters": {"max": 1_000_000}}],
}


def quality_of_any(architecture: Architecture) -> float:
    if not architecture.trained:
        return 0.45
    stack = trained(architecture).propagation.stack()
    return 0.5 + 0.1 * (stack.depth if stack else 0) - 0.001 * abs(trained(architecture).dim - 64)


def train(architecture: Architecture, seed: int) -> FakeTraining:
    return FakeTraining(architecture, quality_of_any(architecture))


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return parse_space(TREE)


@pytest.mark.parametrize("sampler", ["tpe", "portfolio", "evolution", "nsga2", "qmc", "grid"])
def test_every_sampler_works_on_a_conditional_space(sampler: str, space: SearchSpace, tmp_path: Path) -> None:
    events = run(setup(space=space, sampler=sampler, trials=16, train=train, pruner="halving"), tmp_path)
    done = [event.outcome for event in trials(events)]
    assert len({outcome.identity for outcome in done}) == 16
    assert {outcome.state for outcome in done} <= {"complete", "pruned"}
    for outcome in done:
        assert space.contains(outcome.architecture)
        assert space.candidate(outcome.params).identity == outcome.identity
    anchored = [outcome.origin for outcome in done if outcome.origin.startswith("anchor")]
    noted = [event.text for event in events if isinstance(event, Note)]
    assert len(anchored) + len(noted) == 2


def test_the_grid_counts_what_the_space_counts() -> None:
    space = parse_space({key: value for key, value in TREE.items() if key not in ("lr", "loss", "batch_size")})
    size = space.size()
    assert size.exact
    assert len({candidate.identity for candidate in space.grid(5)}) == size.distinct


def test_local_search_moves_to_neighbours(space: SearchSpace, tmp_path: Path) -> None:
    events = run(setup(space=space, sampler="random", trials=12, train=train, anchors=False), tmp_path)
    outcomes = tuple(event.outcome for event in trials(events))
    view = View(space, outcomes, objectives_of(setup().config), number=12, seed=0)
    for attempt, proposal in zip(range(10), SAMPLERS["local"](view), strict=False):
        assert proposal is not None, attempt
        parent = outcomes[int(proposal.origin.rpartition(" ")[2])]
        assert proposal.candidate.identity != parent.identity
        changed = {name for name, value in proposal.candidate.params.items() if parent.params.get(name, value) != value}
        assert len(changed) <= 1 or "propagation" in changed
