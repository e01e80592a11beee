"""A look at test: figures with intervals, the winner's lead over its rivals, known and new items and users apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gnas.config.architecture import Architecture
from gnas.evaluate.uncertainty import leads, with_intervals
from gnas.run.environment import command_line, now
from gnas.run.measures import WHOLE, ByGroup
from gnas.run.prepared import Prepared
from gnas.rundir.look import Group, InGroup, Look, Rival

PROTOCOL = "full ranking over all items; train and validation items masked"
LEAST_USERS = 30
"""Of a group; of fewer, the draws of a bootstrap tell little of how far off the mean is."""
REFITTED = "fitted on train and validation, without early stopping"


@dataclass(frozen=True)
class Beside:
    """A recommender beside the winner: what is known of it, without figures; its figures; its place in the look."""

    rival: Rival
    found: ByGroup
    place: Literal["baseline", "the runner-up", "the ensemble"] = "baseline"

    @property
    def name(self) -> str:
        """What it is called while figures are told, and in groups."""
        return self.rival.name if self.place == "baseline" else self.place


def begun_look(prepared: Prepared, architecture: Architecture, *, refit: bool = False) -> Look:
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
