"""Run configurations: data, space, search, training, evaluation."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from gnas.config.base import Strict
from gnas.config.data import DataConfig
from gnas.errors import ConfigError
from gnas.metrics import metric_of, parse_metric
from gnas.units import parse_duration, parse_mib

Seconds = Annotated[float, BeforeValidator(parse_duration)]
"""A duration as people write it (`90`, `30s`, `10m`, `1h30m`), kept in seconds."""

MiB = Annotated[float, BeforeValidator(parse_mib)]
"""An amount of memory as people write it (`4G`, `900M`, a number of MiB), kept in MiB."""


def _metric(name: str) -> str:
    try:
        parse_metric(name)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return name


Metric = Annotated[str, AfterValidator(_metric)]
"""A name that `gnas.metrics` knows, as `ndcg@20` or `latency_ms`."""


class ConfirmConfig(Strict):
    """The best of many noisy trials need not be the best candidate: the top few train again and are ranked by mean."""

    top: Annotated[int, Field(ge=0, le=50)] = 3
    """Candidates to confirm; 0: none."""
    seeds: Annotated[int, Field(ge=1, le=20)] = 3
    """Fresh seeds for each candidate. The mean is over these alone: the trial, for which it was chosen, is left out."""
    resample: bool = True
    """Where the split is random, each round also draws a new validation part out of train and validation, the same for
    all candidates. Closed forms are confirmed too, then: a fresh seed alone would not change them."""


EFFORT_TRIALS = {"smoke": 4, "fast": 12, "normal": 40, "best": 200}
"""Trials behind each word for the effort of a search."""


PICKS = 5
"""Of a blend, where nothing is said about it."""


class SearchConfig(Strict):
    """How the space is searched."""

    sampler: str = "portfolio"
    """Who proposes candidates: `portfolio` (three parts `predictor`, one part `tpe`), `predictor` (a Gaussian process
    over the best and their neighbours), `tpe`, `gp`, `nsga2`, `nsga3` (Optuna's), `evolution`, `local`, `qmc`, `random`
    or `grid`."""
    pruner: str = "ends"
    """Who ends weak candidates early: `ends` (those that would not end among the best, by how candidates of their kind
    went on), `halving` and `median` (those that are behind), or `none`."""
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of its own training that every candidate gets before it can be pruned."""
    effort: Literal["smoke", "fast", "normal", "best"] | None = None
    """How much to try, in a word: 4, 12, 40 or 200 trials. `trials` takes precedence; beside a `timeout` or
    `max_epochs_total` the word sets no limit, for what was given is used."""
    trials: Annotated[int, Field(ge=1)] | None = None
    """Candidates to train; failed and pruned ones count, duplicates do not."""
    timeout: Seconds | None = None
    """Wall time for the whole search, confirmation included."""
    max_epochs_total: Annotated[int, Field(ge=1)] | None = None
    """Epochs of training over all candidates, confirmation included."""
    objective: Metric | Annotated[list[Metric], Field(min_length=1)] = "ndcg@20"
    """What to aim at. Several make a Pareto front; the first is the main one."""
    limits: dict[str, float] = Field(default_factory=dict)
    """Bounds that the winner must keep, as in `{latency_ms: 5, coverage@20: 0.2}`: upper bounds where less is better,
    else lower bounds."""
    anchors: bool = True
    """Whether the known designs that the space names are trained first."""
    warm_start: list[str] = Field(default_factory=list)
    """Earlier run directories whose best architectures are trained first. Those on the same data must have the same
    split: what another one searched by may be test now."""
    workers: Annotated[int, Field(ge=1)] = 1
    """Processes on this host."""
    workers_per_gpu: Annotated[int, Field(ge=1)] = 1
    """Processes that share a GPU."""
    storage: str | None = None
    """`postgresql://…` for workers on several hosts; by default a journal file in the run directory."""
    max_failures: Annotated[int, Field(ge=1)] = 10
    """The search ends after this many failed trials in a row."""
    confirm: ConfirmConfig = ConfirmConfig()
    ensemble: Annotated[int, Field(ge=0, le=100)] | None = None
    """Most picks of a blend of the confirmed candidates and the best of each kind; 0: no blend; left out: 5 from effort
    `normal` on, none for smaller efforts or fewer than 40 trials. The winner is the first pick, and a candidate can be
    picked several times, as long as validation gains. The blend is shown beside the winner; `limits` hold for the
    winner alone."""
    baselines: bool = True
    """Whether the classic baselines are tuned and shown beside the winner."""

    @field_validator("objective")
    @classmethod
    def _each_once(cls, objective: str | list[str]) -> str | list[str]:
        if not isinstance(objective, str) and len(set(objective)) < len(objective):
            raise ValueError(f"an objective is listed twice in {', '.join(objective)}; name each once")
        return objective

    @field_validator("ensemble")
    @classmethod
    def _more_than_the_winner(cls, ensemble: int | None) -> int | None:
        if ensemble == 1:
            raise ValueError("an ensemble of 1 pick is the winner alone; give 0 for none, or at least 2")
        return ensemble

    @property
    def objectives(self) -> list[str]:
        """The objectives as a list, the first being the main one."""
        return [self.objective] if isinstance(self.objective, str) else list(self.objective)

    @property
    def picks(self) -> int:
        """Most picks of the blend; 0: there is none."""
        if self.ensemble is not None:
            return self.ensemble
        small = self.effort in ("smoke", "fast") if self.trials is None else self.trials < EFFORT_TRIALS["normal"]
        return 0 if small else PICKS

    @property
    def trial_budget(self) -> int | None:
        """Number of trials: `trials`, else none beside another budget, else that of `effort`, else the normal one."""
        if self.trials is not None:
            return self.trials
        if self.timeout is not None or self.max_epochs_total is not None:
            return None
        return EFFORT_TRIALS[self.effort or "normal"]


class TrainConfig(Strict):
    """How every training goes. What defines a candidate is in the architecture."""

    epochs: Annotated[int, Field(ge=1)] | None = None
    """Most epochs, in place of what each architecture says, be that more or less."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """Epochs without a better value until the end, in place of what each architecture says, be that more or less."""
    evaluate_every: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Epochs between validations. `auto`: so many that validation takes at most a fifth of the time, as reckoned from
    the candidate and the shape of the data, never from a clock."""
    validation_users: Annotated[int, Field(ge=1)] = 10_000
    """Epochs are validated on this many users, the same ones for all candidates; the outcome is measured on all."""
    max_memory: MiB | None = None
    """What one training may take on its device. A candidate that would take more is trained on drawn neighbourhoods; on
    a GPU its embeddings go to host memory if need be."""
    fanout: Annotated[int, Field(ge=1)] | None = None
    """Train on this many drawn neighbours of each node, even where memory would allow the whole graph. Candidates that
    need the whole graph still get it."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """`bfloat16`: the dense products of the loss in half precision; the propagation stays in float32."""
    compile: bool = False
    """Whether the loss goes through `torch.compile`."""


class EvaluateConfig(Strict):
    """How recommenders are measured."""

    cutoffs: Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=1)] = [10, 20]  # noqa: RUF012
    """The K of every metric that is written `@K`."""
    seeds: Annotated[int, Field(ge=1)] = 3
    """Trainings of an architecture that `gnas evaluate ARCHITECTURE` averages."""
    refit: bool = False
    """Whether winner and baselines are fitted again on train and validation before they are measured on test."""
    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    """Resamples behind each interval."""
    memory_mib: Annotated[int, Field(ge=16)] = 512
    """Bound on one block of scores."""


class RunConfig(Strict):
    """Everything that a run needs. The run directory holds the resolved form, every default written out."""

    data: DataConfig
    space: str | dict[str, Any] = "compact"
    """A shipped name, a path, or the space itself."""
    search: SearchConfig = SearchConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    seed: int = 0
    """Everything random derives from it: the split, the proposals, the trainings."""
    device: str = "auto"
    """`auto` (the first GPU, else the CPU), `cpu`, `cuda` or `cuda:1`."""

    @property
    def main_metric(self) -> str:
        """The first objective that is measured on what is recommended rather than on the candidate."""
        measured = [name for name in self.search.objectives if not metric_of(name).is_cost]
        return measured[0] if measured else f"ndcg@{max(self.evaluate.cutoffs)}"

    @property
    def cutoffs(self) -> list[int]:
        """The cut-offs to measure at: those of `evaluate`, and those that an objective or a limit names."""
        named = (parse_metric(name)[1] for name in [*self.search.objectives, *self.search.limits])
        return sorted({*self.evaluate.cutoffs, *(cutoff for cutoff in named if cutoff is not None)})
