"""The configurations and search spaces that come with gnas."""

from pathlib import Path
from typing import Literal

from gnas.errors import ConfigError
from gnas.registry import did_you_mean

Kind = Literal["configs", "search_spaces"]
_WORDS: dict[Kind, str] = {"configs": "config", "search_spaces": "search space"}


def folder(kind: Kind) -> Path:
    """Where the shipped files lie: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "shipped" / kind
    return installed if installed.is_dir() else package.parent / kind


def names(kind: Kind) -> list[str]:
    """The shipped names, in order."""
    return sorted(path.stem for path in folder(kind).glob("*.yaml"))


def find(kind: Kind, name: str, base: Path | None = None) -> Path:
    """The file of a shipped name or of a path; `base` is where relative paths start (default: here).

    Raises:
        ConfigError: there is neither.
    """
    if name in names(kind):
        return folder(kind) / f"{name}.yaml"
    path = Path(name).expanduser()
    if base is not None and not path.is_absolute():
        path = base / path
    if path.is_file():
        return path
    if path.is_dir():
        raise ConfigError(f"{path} is a folder, not a {_WORDS[kind]} file")
    stem = Path(name).stem
    raise ConfigError(
        f"no {_WORDS[kind]} {name!r}: there is no such file, and no shipped one has that name "
        f"({did_you_mean(stem, names(kind))})"
    )
