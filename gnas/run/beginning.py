"""What stands in a run directory before anything is trained: enough to explain, repeat and resume it."""

import hashlib
from collections.abc import Mapping
from typing import Any

from gnas.config.run import RunConfig
from gnas.config.secret import hidden
from gnas.config.yaml import dump_yaml
from gnas.data.describe import describe
from gnas.files import write_json, write_text
from gnas.plugins import keep_code
from gnas.run.environment import describe_environment
from gnas.run.prepared import Prepared
from gnas.run.saved import command_line
from gnas.rundir.layout import RunDirectory


def write_beginning(run: RunDirectory, prepared: Prepared, space: Mapping[str, Any]) -> None:
    """Write environment, data, space with its hash, code, and the configuration, which calls the space by its file."""
    config = prepared.config
    write_json(run.environment, describe_environment(prepared.device, config.seed, command_line()))
    write_json(run.data, describe(prepared.split))
    text = dump_yaml(dict(space))
    write_text(run.space, text)
    write_text(run.space_hash, f"{digest(text)}  {run.space.name}\n")
    keep_code(run.path)
    write_text(run.config, dump_yaml({**without_password(config).model_dump(mode="python"), "space": run.space.name}))


def without_password(config: RunConfig) -> RunConfig:
    """The same with the password of `search.storage` hidden."""
    if config.search.storage is None:
        return config
    search = config.search.model_copy(update={"storage": hidden(config.search.storage)})
    return config.model_copy(update={"search": search})


def digest(text: str) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
