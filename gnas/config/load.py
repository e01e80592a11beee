"""Reads run configurations and architectures, by shipped name or by path."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture
from gnas.config.document import Document
from gnas.config.overrides import Override, apply_overrides
from gnas.config.problems import read_model
from gnas.config.run import RunConfig
from gnas.config.shipped import find
from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError
from gnas.plugins import load_plugins
from gnas.registry import did_you_mean


@dataclass(frozen=True)
class LoadedConfig:
    """A run configuration, where it came from, and the folder in which its relative paths start."""

    config: RunConfig
    path: Path | None
    base: Path
    document: Document


def load_run_config(name_or_path: str | None, overrides: Sequence[Override] = ()) -> LoadedConfig:
    """Read a run configuration, shipped or a file, with overrides put in; None: the overrides alone.

    Raises:
        ConfigError: every problem at once, each with its file and line.
    """
    load_plugins()
    if name_or_path is None:
        path, document = None, Document({}, "command line")
    else:
        path = find("configs", name_or_path)
        document = load_yaml(path)
    document = apply_overrides(document, overrides)
    base = Path.cwd() if path is None else path.resolve().parent
    return LoadedConfig(read_model(RunConfig, document), path, base, document)


def with_overrides(config: RunConfig, overrides: Sequence[Override]) -> LoadedConfig:
    """A configuration that was read or made already, with overrides put in.

    Raises:
        ConfigError: every problem at once.
    """
    document = apply_overrides(Document(config.model_dump(mode="python"), "configuration"), overrides)
    return LoadedConfig(read_model(RunConfig, document), None, Path.cwd(), document)


def load_architecture(name_or_path: str, overrides: Sequence[Override] = ()) -> Architecture:
    """Read an architecture: a file, or a well-known design by name (`lightgcn-2`); with overrides put in.

    Raises:
        ConfigError: every problem at once, each with its file and line.
    """
    load_plugins()
    path = Path(name_or_path).expanduser()
    if path.is_file():
        document = load_yaml(path)
    elif name_or_path in ANCHORS:
        document = Document(ANCHORS[name_or_path].written(), name_or_path)
    else:
        raise ConfigError(
            f"no architecture {name_or_path!r}: there is no such file, and no known design has that name "
            f"({did_you_mean(path.stem, ANCHORS)})"
        )
    return read_model(Architecture, apply_overrides(document, overrides))
