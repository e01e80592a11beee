"""`fork.json`: the architectures that a run took from the one it was forked from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gnas.config.architecture import Architecture
from gnas.config.document import Document
from gnas.config.problems import read_model
from gnas.files import write_json
from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import read_record


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


@dataclass(frozen=True)
class _Written:
    taken: dict[str, dict[str, object]]


def write_fork(run: RunDirectory, fork: Fork) -> None:
    """Keep the fork in the new run, so that nothing depends on what becomes of the old one."""
    taken = {origin: architecture.shown() for origin, architecture in fork.taken.items()}
    write_json(run.fork, {"run": fork.run, "taken": taken, "left": dict(fork.left)})


def forked(run: RunDirectory) -> dict[str, Architecture]:
    """The architectures that a run took from the one it was forked from; empty for other runs."""
    if not run.fork.exists():
        return {}
    written = read_record(_Written, run.fork, "put it back from a copy, or fork again into a new run")
    return {
        origin: read_model(Architecture, Document(tree, f"{run.fork}, {origin}"))
        for origin, tree in written.taken.items()
    }
