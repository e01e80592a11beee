"""A look at test: figures with intervals, leads over rivals, known and new apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gnas.config.architecture import Architecture
from gnas.data.cache import cache_folder
from gnas.evaluate.uncertainty import leads, with_intervals
from gnas.events import Part, Work
from gnas.files import append_jsonl
from gnas.nn.recommender import Recommender
from gnas.run.environment import command_line, now
from gnas.run.measures import WHOLE, ByGroup, Measures, measured, test_measures
from gnas.run.prepared import Prepared
from gnas.rundir.layout import RunDirectory
from gnas.rundir.look import Group, InGroup, Look, Rival, record_look

PROTOCOL = "full ranking over all items; train and validation items masked"
LEAST_USERS = 30
"""Of a group; of fewer, the draws of a bootstrap tell little of how far off the mean is."""
REFITTED = "fitted on train and validation, without early stopping"


@dataclass(frozen=True)
class Beside:
    """A recommender beside the winner: what is known of it, without figures; its figures; its place in the look."""

    rival: Rival
    found: ByGroup
    place: Literal["baseline", "the runner-up", "family", "the ensemble"] = "baseline"

    @property
    def name(self) -> str:
        """What it is called while figures are told, and in groups."""
        return self.rival.name if self.place in ("baseline", "family") else self.place


@dataclass(frozen=True)
class OpenTest:
    """The test part, opened: what measures on it, what recommenders learn from, and the look as it is recorded.

    `number`: which look at this run it is. `refit`: whether recommenders are fitted on `fit` first.
    """

    measures: Measures
    fit: Prepared
    look: Look
    number: int
    refit: bool

    def measure(self, name: str, model: Recommender) -> Work[ByGroup]:
        """Measure, and tell the figure."""
        found = measured(self.measures, model)
        yield Part(name, found[WHOLE].metrics[self.look.objective])
        return found


def opened(run: RunDirectory, prepared: Prepared, fit: Prepared, architecture: Architecture) -> OpenTest:
    """Open the test part, for recommenders that learn from `fit`, and record that it is looked at."""
    refit = fit is not prepared
    measures = test_measures(prepared, fit.split.train)
    look = begun_look(prepared, architecture, looks_at(prepared.split.fingerprint), refit=refit)
    return OpenTest(measures, fit, look, record_look(run, look), refit)


def looks_at(fingerprint: str) -> int:
    """Note a look in this machine's ledger of these data, and say how many there are; 0 where it cannot be written."""
    ledger = cache_folder() / "looks" / f"{fingerprint}.jsonl"
    try:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        append_jsonl(ledger, {"time": now(), "command": command_line()})
        return ledger.read_bytes().count(b"\n")
    except OSError:  # a look is counted by its run all the same, and the report says what is not known
        return 0


def begun_look(prepared: Prepared, architecture: Architecture, of_data: int, *, refit: bool = False) -> Look:
    """The look as it is recorded when the test part is opened: without figures."""
    config = prepared.config
    return Look(
        time=now(),
        command=tuple(command_line()),
        architecture=architecture.identity,
        fingerprint=prepared.split.fingerprint,
        protocol=f"{PROTOCOL}; {REFITTED}" if refit else PROTOCOL,
        n_users=0,
        objective=config.main_metric,
        bootstrap=config.evaluate.bootstrap,
        metrics={},
        of_data=of_data,
    )


def with_figures(look: Look, own: ByGroup, beside: Sequence[Beside], seed: int) -> Look:
    """The look with what was measured; `seed` is that of the intervals."""
    n = look.bootstrap
    ahead = leads(own[WHOLE], {one.name: one.found[WHOLE] for one in beside}, look.objective, n, seed)
    told: dict[str, list[Rival]] = {}
    for one in beside:
        figures = with_intervals(one.found[WHOLE], n, seed)
        told.setdefault(one.place, []).append(replace(one.rival, metrics=figures, lead=ahead.get(one.name)))
    return replace(
        look,
        n_users=len(own[WHOLE].users),
        metrics=with_intervals(own[WHOLE], n, seed),
        baselines=tuple(told.get("baseline", ())),
        runner_up=next(iter(told.get("the runner-up", ())), None),
        families=tuple(told.get("family", ())),
        ensemble=next(iter(told.get("the ensemble", ())), None),
        groups=_groups(own, beside, n, seed),
    )


def _groups(own: ByGroup, beside: Sequence[Beside], n: int, seed: int) -> tuple[Group, ...]:
    """Users, the winner's figures and those of the others for each group; empty where test has nothing new."""
    return tuple(
        Group(
            group=group,
            n_users=len(evaluation.users),
            metrics=with_intervals(evaluation, n, seed, LEAST_USERS),
            others=tuple(InGroup(one.name, with_intervals(one.found[group], n, seed, LEAST_USERS)) for one in beside),
        )
        for group, evaluation in own.items()
        if group != WHOLE
    )
