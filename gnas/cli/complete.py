"""Completion on Tab."""

from pathlib import Path

from gnas.config import shipped


def configs(incomplete: str) -> list[str]:
    """Shipped configurations."""
    return [name for name in shipped.names("configs") if name.startswith(incomplete)]


def spaces(incomplete: str) -> list[str]:
    """Shipped search spaces."""
    return [name for name in shipped.names("search_spaces") if name.startswith(incomplete)]


def runs(incomplete: str) -> list[str]:
    """Run directories under `runs/` of the current directory, newest first."""
    found = [str(path.parent) for path in Path("runs").glob("*/config.yaml")]
    return sorted((name for name in found if name.startswith(incomplete)), reverse=True)


def devices(incomplete: str) -> list[str]:
    """The usual device names, without asking torch."""
    return [name for name in ("auto", "cpu", "cuda", "cuda:0") if name.startswith(incomplete)]
