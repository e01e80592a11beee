from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import Spectral
from gnas.config.losses import AllPairs
from gnas.config.propagation import LightGCN, NoPropagation
from gnas.search.families import FLOOR, next_family, shares
from gnas.search.kinds import kind_of
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.view import View
from gnas.space.search_space import parse_space
from tests.search.search_fakes import FakeTraining, quality, run, setup, tiny_space, trials

ONE = Objectives(("ndcg@20",))
SINGLE = ("graph network", "factorisation", "closed form")
MEMBERS: dict[str, Architecture] = {
    "graph network": Trained(propagation=LightGCN(depth=2)),
    "factorisation": Trained(propagation=NoPropagation()),
    "closed form": ClosedForm(propagation=Spectral(rank=64)),
}


def history(values: Mapping[str, Sequence[float]], wall_s: Mapping[str, float] | None = None) -> View:
    """The trials of each family in turn."""
    outcomes: list[Outcome] = []
    for index in range(max(map(len, values.values()))):
        for family, own in values.items():
            if index < len(own):
                number = len(outcomes)
                seconds = (wall_s or {}).get(family, 1.0)
                outcomes.append(
                    Outcome(
                        number, str(number), "complete", "x", {}, MEMBERS[family], {}, values=(own[index],),
                        wall_s=seconds, epochs=1,
                    )
                )  # fmt: skip
    return View(tiny_space(), tuple(outcomes), ONE, len(outcomes), seed=0)


def test_families_and_kinds() -> None:
    assert {architecture.family for architecture in MEMBERS.values()} == set(SINGLE)
    assert Trained(propagation=LightGCN(depth=0)).family == "factorisation"
    crossed = LightGCN(depth=1, combine="crossed", norm="root")
    names = [
        kind_of(architecture)
        for architecture in (
            *MEMBERS.values(),
            Trained(propagation=LightGCN(depth=0)),
            Trained(propagation=crossed, loss=AllPairs(), target_mask=0.5, prior=Spectral(rank=8)),
        )
    ]
    assert names == ["lightgcn bpr", "none bpr", "spectral", "none bpr", "lightgcn all-pairs crossed masked prior"]


def test_the_budget_goes_where_the_best_is_still_improving() -> None:
    still = [0.3] * 6
    rising = [0.25, 0.26, 0.27, 0.28, 0.29, 0.295]
    for family in SINGLE:
        values = {name: rising if name == family else still for name in SINGLE}
        share_F, _ = shares(history(values), SINGLE)
        assert SINGLE[int(share_F.argmax())] == family
        assert FLOOR < share_F.min() < 0.25 < 0.5 < share_F.max(), "the others keep their floor"
        assert share_F.sum() == pytest.approx(1)


def test_nothing_improves_and_the_budget_is_shared_alike() -> None:
    share_F, _ = shares(history({name: [0.3, 0.2, 0.3] for name in SINGLE}), SINGLE)
    assert share_F == pytest.approx(1 / 3)


def test_steps_far_behind_the_best_count_for_little() -> None:
    near, far = [0.28, 0.29, 0.29], [0.1, 0.15, 0.15]
    share_F, _ = shares(history({"graph network": near, "factorisation": far, "closed form": [0.3, 0.3, 0.3]}), SINGLE)
    assert share_F[0] > 0.55
    assert share_F[1] < 0.22


def test_seconds_count_only_where_time_alone_ends_the_search() -> None:
    values = {name: [0.3, 0.2, 0.3] for name in SINGLE}
    slow = history(values, {"graph network": 30.0, "factorisation": 10.0, "closed form": 1.0})
    counted = [next_family(replace(slow, number=number)) for number in range(600)]
    assert counted == [next_family(replace(history(values), number=number)) for number in range(600)]
    assert min(Counter(counted).values()) > 150
    timed = Counter(next_family(replace(slow, number=number, timed=True)) for number in range(600))
    spent_s = {"graph network": 30.0 * timed["graph network"], "factorisation": 10.0 * timed["factorisation"]}
    assert spent_s["graph network"] == pytest.approx(spent_s["factorisation"], rel=0.3), "shares of time, not of trials"
    assert timed["closed form"] < 5 * 1.3 * timed["graph network"], "but cheap ones do not crowd out the dear"


def test_a_space_of_one_family_has_no_choice() -> None:
    view = history({"graph network": [0.1, 0.2]})
    assert next_family(view) is not None
    alone = parse_space({"propagation": {"lightgcn": {"depth": {"int": [1, 4]}}}}, "alone")
    assert next_family(replace(view, space=alone)) is None


@pytest.mark.parametrize(
    ("winner", "value"),
    [
        ("closed form", lambda a, n: 0.5 if a.trained else 0.6 + 0.001 * n),
        ("trained", lambda a, n: 0.6 + 0.001 * n if a.trained else 0.5),
    ],
)
def test_no_family_starves_another(winner: str, value: Callable[[Architecture, int], float], tmp_path: Path) -> None:
    """One side improves with every trial and the other never: both are tried to the end."""
    count = 0

    def train(architecture: Architecture, seed: int) -> FakeTraining:
        nonlocal count
        count += 1
        return FakeTraining(architecture, value(architecture, count))

    wide = {
        "propagation": {
            "choice": {"none": {}, "lightgcn": {"depth": {"int": [1, 4]}}, "spectral": {"rank": {"int": [8, 256]}}}
        },
        "dim": {"int": [8, 64]},
        "epochs": 4,
    }
    config = setup(space=parse_space(wide, "wide"), sampler="portfolio", trials=60, train=train)
    outcomes = [event.outcome for event in trials(run(config, tmp_path))][10:]
    found = Counter(str(outcome.architecture.family) for outcome in outcomes)
    assert min(found[family] for family in SINGLE) >= 4
    if winner == "closed form":
        assert found["closed form"] == max(found.values())
    else:
        assert found["closed form"] == min(found.values())


def test_same_seed_same_trials_however_long_they_take(tmp_path: Path) -> None:
    """With a number of trials the clock decides nothing, also beside a time limit that is not reached."""

    def course(folder: Path, epoch_s: float) -> list[str]:
        now = 0.0

        def tick(_: int) -> None:
            nonlocal now
            now += epoch_s

        def train(architecture: Architecture, seed: int) -> FakeTraining:
            return FakeTraining(architecture, quality(architecture), tick)

        config = setup(sampler="portfolio", pruner="ends", trials=25, timeout=1e6, train=train)
        return [event.outcome.identity for event in trials(run(config, folder, clock=lambda: now))]

    assert course(tmp_path / "fast", 0.01) == course(tmp_path / "slow", 7.0)


def test_the_wanted_family_is_drawn() -> None:
    view = history({name: [0.3] for name in SINGLE})
    for family in SINGLE:
        wanted = replace(view, family=family)
        assert {wanted.draw(attempt).architecture.family for attempt in range(10)} == {family}
        assert [one.architecture.family for one in wanted.best(3)] == [family]
