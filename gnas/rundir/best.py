"""What a search came to: `best/`, the winner, its model and its validation figures; and `pareto.json`."""

from dataclasses import dataclass, field

from gnas.config.architecture import Architecture
from gnas.config.load import load_architecture
from gnas.config.yaml import dump_yaml
from gnas.errors import RunError
from gnas.files import write_bytes, write_text
from gnas.rundir.confirm import Confirmation
from gnas.rundir.layout import RunDirectory, TrialFolder
from gnas.rundir.record import Metrics, read_if_there, read_record, write_record


@dataclass(frozen=True)
class BestRecord:
    """`best/metrics.json`.

    Attributes:
        architecture: the identity of what was trained.
        validation: the figures of the model that is kept.
        best_epochs: the best epoch of every training of the architecture, that of the kept model first.
        confirmed: what came of training the best of a search again; None: of a single training.
        costs, seed, epochs: of a single training.
    """

    architecture: str
    validation: Metrics
    best_epochs: tuple[int, ...] = ()
    confirmed: Confirmation | None = None
    costs: Metrics = field(default_factory=dict)
    seed: int | None = None
    epochs: int | None = None


def has_best(run: RunDirectory) -> bool:
    """Whether the run has come to a best architecture and its figures."""
    return run.metrics.is_file() and run.architecture.is_file()


def write_best(run: RunDirectory, architecture: Architecture, record: BestRecord) -> None:
    """Write the architecture and the figures; the tensors are the caller's to write first."""
    write_text(run.architecture, dump_yaml(architecture.shown()))
    write_record(run.metrics, record)


def keep_best(run: RunDirectory, trial: TrialFolder, architecture: Architecture, record: BestRecord) -> None:
    """Write the whole of best/ for the winner of a search.

    Args:
        run: the run.
        trial: the winner's.
        architecture: the trial's, naming the weights of its encoders.
        record: its figures.

    Raises:
        RunError: the trial's model is missing, and best/ does not hold it already.
    """
    if trial.model.is_file():
        write_bytes(run.model, trial.model.read_bytes())
    elif not (has_best(run) and run.model.is_file() and read_best(run).architecture == record.architecture):
        raise RunError(
            f"{trial.model} is missing: trial {trial.number} won, and its model is nowhere else; put it back from a "
            f"copy, or begin a new run from the trials with `gnas search --fork {run.path}`"
        )
    write_best(run, architecture, record)


def read_best(run: RunDirectory) -> BestRecord:
    """The figures of the best model. Raises `RunError` where the file is missing or damaged."""
    return read_record(BestRecord, run.metrics, f"`gnas search --resume {run.path}` writes it again")


def best_architecture(run: RunDirectory) -> Architecture:
    """The best architecture of a run that can be evaluated.

    Raises:
        RunError: the run has none yet, or the file was edited after the model was trained.
        ConfigError: the file cannot be read.
    """
    for path in (run.architecture, run.model, run.metrics):
        if not path.is_file():
            raise RunError(
                f"{run.path} has no best model yet: {path.relative_to(run.path)} is missing; "
                f"go on with `gnas search --resume {run.path}`"
            )
    architecture, trained = load_architecture(str(run.architecture)), read_best(run).architecture
    if architecture.identity != trained:
        raise RunError(
            f"{run.architecture} was edited after its model was trained: it is architecture {architecture.identity}, "
            f"the model is {trained}; put it back, or train the new one with `gnas train {run.architecture}`"
        )
    return architecture


@dataclass(frozen=True)
class FrontPoint:
    """A trial that no other dominates, and its values by objective."""

    number: int
    identity: str
    values: dict[str, float]


@dataclass(frozen=True)
class Front:
    """The front from one end to the other; `knee` is the number of the trial in its middle, found by `rule`."""

    knee: int
    rule: str
    front: tuple[FrontPoint, ...]


def read_front(run: RunDirectory) -> Front | None:
    """The front; None where there is none. Raises `RunError` where the file is damaged."""
    return read_if_there(Front, run.pareto, f"`gnas search --resume {run.path}` writes it again")
