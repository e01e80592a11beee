"""Resuming a run, refused where something changed, and forking a new one from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.config.yaml import dump_yaml, load_yaml
from gnas.errors import RunError
from gnas.metrics import metric_of
from gnas.run.configure import absolute
from gnas.rundir.beginning import read_config, without_password
from gnas.rundir.fork import Fork
from gnas.rundir.layout import RunDirectory
from gnas.rundir.trial import read_architecture, read_statuses
from gnas.space.search_space import SearchSpace

FREE = (
    "search.trials", "search.timeout", "search.max_epochs_total", "search.effort", "search.max_failures",
    "search.workers", "search.workers_per_gpu", "search.ensemble", "device",
)  # fmt: skip
"""Settings that a resumed search may change: how much to spend, where, what to add at its end; not what is searched."""


def resume_config(run: RunDirectory, overrides: Sequence[Override] = ()) -> RunConfig:
    """The run's configuration, with changes to what may change."""
    changed = read_config(run, overrides)
    refuse_other_config(run, changed)
    return changed


def refuse_other_space(run: RunDirectory, space: SearchSpace) -> None:
    """Raise `RunError` where `space` is not the run's, showing the difference."""
    refuse_changes(run, "space", load_yaml(run.space).tree, load_yaml(dump_yaml(space.tree)).tree)


def refuse_other_config(run: RunDirectory, config: RunConfig) -> None:
    """Raise `RunError` where `config` is not the run's, showing the difference; spaces are compared apart."""
    refuse_changes(run, "configuration", _compared(read_config(run)), _compared(config))


def refuse_changes(run: RunDirectory, what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raise `RunError` with a line for each setting that differs and may not."""
    lines = [line for key, line in differences(old, new) if key not in FREE]
    if lines:
        raise RunError(
            f"the {what} differs from that of {run.path}:\n  "
            + "\n  ".join(lines)
            + f"\nresume without the change, or start a new run from it with `gnas search --fork {run.path} …`"
        )


def _compared(config: RunConfig) -> Mapping[str, Any]:
    return without_password(config).model_dump(mode="python", exclude={"space"})


def differences(old: Any, new: Any, path: str = "") -> list[tuple[str, str]]:
    """Key path and `key: old -> new` of every leaf that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found = []
        for key in dict.fromkeys([*old, *new]):
            inner = f"{path}.{key}" if path else str(key)
            found += differences(old.get(key, "absent"), new.get(key, "absent"), inner)
        return found
    return [] if old == new else [(path, f"{path}: {old} -> {new}")]


def fork_config(old: RunDirectory, overrides: Sequence[Override] = ()) -> RunConfig:
    """The old run's configuration with overrides put in; what it had started from is not started from again."""
    config = read_config(old, [("search.warm_start", []), *overrides])
    return config.model_copy(update={"data": absolute(config.data, old.path)})


def fork_of(old: RunDirectory, space: SearchSpace, metric: str) -> Fork:
    """The complete architectures of `old`, the best by `metric` first where it was measured.

    They are trained again, since their old figures rest on what has changed.

    Raises:
        RunError: the old run has none.
    """
    taken, left = {}, {}
    statuses = read_statuses(old)
    complete = [one for one in statuses if one.state == "complete"]
    if not complete:
        raise RunError(f"{old.path} has no complete trial to start from; start a new run without --fork")
    cost = {one.number: -metric_of(metric).gain(one.metrics[metric]) for one in complete if metric in one.metrics}
    for status in sorted(complete, key=lambda one: (cost.get(one.number, float("inf")), one.number)):
        trial = old.trial(status.number)
        architecture, origin = read_architecture(trial), f"fork {trial.path.name}"
        if space.contains(architecture):
            taken[origin] = architecture
        else:
            left[origin] = f"it lies outside the space: {space.why_not(architecture)}"
    states = [one.state for one in statuses]
    for state in dict.fromkeys(states):
        if state != "complete":
            left[f"{states.count(state)} {state} trial(s)"] = "only complete ones are"
    return Fork(str(old.path), taken, left)
