"""`finetuning.json`: the figures before and after an encoder was fine-tuned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gnas.rundir.layout import RunDirectory
from gnas.rundir.record import Figure, Metrics, Scalar, read_if_there


@dataclass(frozen=True)
class TunedFigures:
    """Validation figures of the same architecture on one seed.

    Attributes:
        frozen: on the readings of the encoder as it was.
        tuned: those of the recommender that is kept, `together` or `again`.
        together: trained with the encoder.
        again: trained from the start on the readings of the fine-tuned encoder.
    """

    frozen: Metrics
    tuned: Metrics
    together: Metrics
    again: Metrics


@dataclass(frozen=True)
class TuningEpoch:
    """One epoch of encoder and recommender together."""

    loss: Figure
    validation: Metrics
    wall_s: float


@dataclass(frozen=True)
class FinetuningRecord:
    """What was fine-tuned, how, and what came out.

    Attributes:
        run: the run that it began from.
        method, pace: what of the encoder was trained, and for how long, as the command line has them.
        best_epoch: counted from 1.
    """

    run: str
    modality: str
    method: Mapping[str, Scalar]
    pace: Mapping[str, Scalar]
    trained_parameters: int
    parameters: int
    layers: int
    seed: int
    metric: str
    validation: TunedFigures
    kept: Literal["together", "again"]
    epochs: tuple[TuningEpoch, ...]
    best_epoch: int

    def __post_init__(self) -> None:
        """All four were measured by the metric."""
        figures = self.validation
        for one in (figures.frozen, figures.tuned, figures.together, figures.again):
            if self.metric not in one:
                raise ValueError(f"there is a recommender without a figure for {self.metric}")


def read_finetuning(run: RunDirectory) -> FinetuningRecord | None:
    """What fine-tuning came to; None for other runs. Raises `RunError` where the file is damaged."""
    return read_if_there(FinetuningRecord, run.finetuning, "put it back from a copy, or fine-tune again")
