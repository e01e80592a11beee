"""Going on with a run: its own configuration and space again, refused where they are not what they were."""

from collections.abc import Mapping, Sequence
from typing import Any

from gnas.config.load import load_run_config
from gnas.config.overrides import Override
from gnas.config.run import RunConfig
from gnas.config.yaml import dump_yaml, load_yaml
from gnas.errors import RunError
from gnas.run.beginning import digest, without_password
from gnas.rundir.layout import RunDirectory
from gnas.space.load import load_space
from gnas.space.search_space import SearchSpace

FREE = (
    "search.trials", "search.timeout", "search.max_epochs_total", "search.effort", "search.max_failures",
    "search.workers", "search.workers_per_gpu", "search.ensemble", "device",
)  # fmt: skip
"""Settings that a resumed search may change: how much to spend, where, what to add at its end; not what is searched."""


def resume_config(run: RunDirectory, overrides: Sequence[Override] = ()) -> RunConfig:
    """The run's configuration, with changes to what may change.

    Raises:
        RunError: an override changes what the finished trials rest on.
    """
    changed = load_run_config(str(run.config), overrides).config
    refuse_other_config(run, changed)
    return changed


def resume_space(run: RunDirectory) -> SearchSpace:
    """The run's frozen space.

    Raises:
        RunError: space.yaml was edited.
    """
    text = run.space.read_text()
    if not run.space_hash.is_file() or run.space_hash.read_text().split()[0] != digest(text):
        raise RunError(
            f"{run.space} was edited since the search began, and its trials rest on the old one; "
            f"put it back, or begin a new run from it with `gnas search --fork {run.path} --space {run.space}`"
        )
    return load_space(str(run.space))


def refuse_other_space(run: RunDirectory, space: SearchSpace) -> None:
    """Raise `RunError` where `space` is not the run's, showing the difference."""
    refuse_changes(run, "space", load_yaml(run.space).tree, load_yaml(dump_yaml(space.written())).tree)


def refuse_other_config(run: RunDirectory, config: RunConfig) -> None:
    """Raise `RunError` where `config` is not the run's, showing the difference; spaces are compared apart."""
    saved = load_run_config(str(run.config)).config
    refuse_changes(run, "configuration", _compared(saved), _compared(config))


def refuse_changes(run: RunDirectory, what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raise `RunError` with a line for each setting that differs and may not."""
    lines = [line for key, line in differences(old, new) if key not in FREE]
    if lines:
        raise RunError(
            f"the {what} is not the one that {run.path} was begun with:\n  "
            + "\n  ".join(lines)
            + f"\nresume without the change, or begin a new run from it with `gnas search --fork {run.path} …`"
        )


def _compared(config: RunConfig) -> dict[str, Any]:
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
