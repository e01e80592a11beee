"""What `configs/*.yaml` contain: data, space, search, training ceilings, evaluation."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gnas.config.base import Strict
from gnas.config.data import DataConfig
from gnas.units import parse_duration

Seconds = Annotated[float, BeforeValidator(parse_duration)]
"""A duration as people write it (`90`, `30s`, `10m`, `1h30m`), kept in seconds."""


class ConfirmConfig(Strict):
    """The winner of noisy trials need not be the best: the top few train again on fresh seeds, ranked by mean."""

    top: Annotated[int, Field(ge=0, le=50)] = 3
    """How many; 0 leaves confirmation out."""
    seeds: Annotated[int, Field(ge=1, le=20)] = 2
    """Fresh seeds for each, beside the trial's own."""


class SearchConfig(Strict):
    """How the space is searched."""

    sampler: str = "portfolio"
    pruner: str = "halving"
    trials: Annotated[int, Field(ge=1)] | None = None
    timeout: Seconds | None = None
    """Wall time for the whole search, confirmation included."""
    objective: str | list[str] = "ndcg@20"
    max_failures: Annotated[int, Field(ge=1)] = 10
    """So many failed trials in a row end the search."""
    confirm: ConfirmConfig = ConfirmConfig()
    baselines: bool = True

    @property
    def objectives(self) -> list[str]:
        """The objectives as a list, the first being the main one."""
        return [self.objective] if isinstance(self.objective, str) else list(self.objective)


class TrainConfig(Strict):
    """Ceilings and machinery; what defines the candidate stands in the architecture."""

    epochs: Annotated[int, Field(ge=1)] = 200
    patience: Annotated[int, Field(ge=1)] = 20
    evaluate_every: Annotated[int, Field(ge=1)] = 1
    """Epochs between validations."""
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False


class EvaluateConfig(Strict):
    """How recommenders are measured."""

    cutoffs: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] = [10, 20]  # noqa: RUF012
    seeds: Annotated[int, Field(ge=1)] = 3
    """Trainings behind `gnas evaluate ARCHITECTURE`."""
    bootstrap: Annotated[int, Field(ge=100)] = 2000
    """Resamples behind each interval."""
    memory_mib: Annotated[int, Field(ge=16)] = 512
    """Bound on one block of scores."""


class RunConfig(Strict):
    """Everything that a run needs; the resolved form stands in the run directory."""

    data: DataConfig
    space: str | dict[str, Any] = "compact"
    """A shipped name, a path, or the space itself."""
    search: SearchConfig = SearchConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    seed: int = 0
    device: str = "auto"
