"""A new run from an old one: where space, data or configuration changed, its architectures are the first to be trained.

They are trained anew, since their old figures rest on what has changed. fork.json of the new run keeps them, so that
nothing depends on what becomes of the old one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gnas.config.architecture import Architecture, shown
from gnas.config.load import load_architecture, load_run_config
from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.errors import RunError
from gnas.files import write_json
from gnas.metrics import metric_of
from gnas.run.directory import read_json
from gnas.rundir.layout import RunDirectory
from gnas.space.search_space import SearchSpace

FILE = "fork.json"


@dataclass(frozen=True)
class Fork:
    """The old run, its complete architectures within the new space by their origin, and why others are left out."""

    run: str
    taken: Mapping[str, Architecture]
    left: Mapping[str, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """What was taken and what was not."""
        told = f"forked from {self.run}: {len(self.taken)} of its {len(self.taken) + len(self.left)} complete"
        words = [f"{told} architectures are trained first, and count as trials"]
        return [*words, *(f"{origin} is not taken: {why}" for origin, why in self.left.items())]


def fork_config(old: RunDirectory, overrides: Sequence[Override] = ()) -> RunConfig:
    """The old run's configuration with overrides put in; what it had started from is not started from again."""
    return load_run_config(str(old.config), [("search.warm_start", []), *overrides]).config


def fork_of(old: RunDirectory, space: SearchSpace, metric: str) -> Fork:
    """The complete architectures of `old`, the best by `metric` first where it was measured.

    Raises:
        RunError: the old run has none.
    """
    taken: dict[str, Architecture] = {}
    left: dict[str, str] = {}
    states: dict[str, int] = {}
    order: list[tuple[float, str]] = []
    for path in sorted(old.path.glob("trials/*/status.json")):
        status = json.loads(path.read_text())
        states[status["state"]] = states.get(status["state"], 0) + 1
        if status["state"] == "complete":
            value = (status.get("metrics") or {}).get(metric)
            order.append((float("inf") if value is None else -metric_of(metric).gain(value), path.parent.name))
    if not order:
        raise RunError(f"{old.path} has no complete trial to take along; begin a new run without --fork")
    for _, number in sorted(order):
        architecture = load_architecture(str(old.path / "trials" / number / "architecture.yaml"))
        origin = f"fork {number}"
        if space.contains(architecture):
            taken[origin] = architecture
        else:
            left[origin] = f"it lies outside the space: {space.why_not(architecture)}"
    for state, count in states.items():
        if state != "complete":
            left[f"{count} {state} trial(s)"] = "only complete ones are"
    return Fork(str(old.path), taken, left)


def write_fork(run: RunDirectory, fork: Fork) -> None:
    """Keep the fork in the new run."""
    taken: dict[str, Any] = {origin: shown(architecture) for origin, architecture in fork.taken.items()}
    write_json(run.path / FILE, {"run": fork.run, "taken": taken, "left": dict(fork.left)})


def forked(run: RunDirectory) -> dict[str, Architecture]:
    """The architectures that a run took from the one it was forked from; empty for other runs."""
    path = run.path / FILE
    if not path.exists():
        return {}
    return {origin: Architecture.model_validate(tree) for origin, tree in read_json(path)["taken"].items()}
