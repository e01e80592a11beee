"""Training as a generator of epochs. It writes and prints nothing; whoever iterates may stop at any epoch."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import cast

import torch
from torch import Tensor

from gnas.config.architecture import Trained
from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.errors import ConfigError, TrialFailed
from gnas.evaluate.evaluator import Measure
from gnas.graph.bipartite import Graph
from gnas.metrics import metric_of
from gnas.nn.blend import BlendModel
from gnas.nn.losses.step import Batch
from gnas.nn.model import Candidate
from gnas.nn.positives import Positives, positives
from gnas.nn.recommender import Recommender
from gnas.rng import torch_rng
from gnas.train.average import Average
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.optimizers import build_optimizer
from gnas.train.plan import Plan, plan_for, whole_graph_only
from gnas.train.sampled import SampledSteps
from gnas.train.schedule import validation_gap
from gnas.train.step import build_step


@dataclass(frozen=True)
class Epoch:
    """One epoch.

    `index` counts epochs done, from 1; `loss` is the mean over its steps (NaN for closed forms); `metrics` are empty
    where the epoch was not evaluated; `wall_s` is the epoch's own time, evaluation included; `best_value` and
    `best_index` are those of the best epoch so far, this one if `is_best`. `part`: of which member of a blend it is.
    """

    index: int
    loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    wall_s: float = 0.0
    is_best: bool = False
    best_value: float = math.nan
    best_index: int = 0
    part: int | None = None


def train(
    model: Recommender,
    interactions: Interactions,
    evaluator: Measure,
    *,
    seed: int,
    objective: str,
    options: TrainConfig,
    halt: Callable[[], bool] = lambda: False,
) -> Iterator[Epoch]:
    """Train `model` and yield every epoch; the same on every run with the same seed on the CPU.

    Ends after `epochs`, or after `patience` epochs without anything better: those of the options where they say so,
    else those of the architecture. However it ends, the model then holds the state of its best epoch. A closed form is
    only measured, as one epoch. The members of a blend are trained one after the other, each as if it were alone;
    then the blend is measured, as one more epoch.

    Args:
        model: as `gnas.nn.model.build` makes it of the train graph.
        interactions: the positives, with ratings where the loss needs them.
        evaluator: measures the model.
        seed: of shuffling, sampling, dropout and noise.
        objective: the metric that says which epoch is best.
        options: length and machinery.
        halt: asked after every step; once it says yes, the epoch ends there, is evaluated and is the last.

    Raises:
        TrialFailed: the loss or a score is not finite, or memory ran out.
        DataError: there is nothing to train on.
        ConfigError: the evaluator does not measure `objective`.
    """
    if isinstance(model, Candidate):
        yield from _candidate_epochs(model, interactions, evaluator, seed, objective, options, halt)
        return
    for place, part in model.parts.items() if isinstance(model, BlendModel) else ():
        member = cast(Candidate, part)
        epochs = train(member, interactions, evaluator, seed=seed, objective=objective, options=options, halt=halt)
        for epoch in epochs:
            yield replace(epoch, is_best=False, part=int(place))
    started = time.perf_counter()
    metrics = evaluator(model).metrics
    value = _objective_value(metrics, objective)
    yield Epoch(1, math.nan, metrics, time.perf_counter() - started, True, value, 1)


def _candidate_epochs(
    model: Candidate,
    interactions: Interactions,
    evaluator: Measure,
    seed: int,
    objective: str,
    options: TrainConfig,
    halt: Callable[[], bool],
) -> Iterator[Epoch]:
    halted = False

    def halts() -> bool:
        nonlocal halted
        halted = halted or halt()
        return halted

    average = Average(model.parameters(), model.architecture.ema) if model.architecture.ema else None
    run_epoch = _epoch_runner(model, interactions, seed, options, halts, average)
    n_epochs = options.epochs or model.architecture.epochs
    patience = options.patience or model.architecture.patience
    gap = options.evaluate_every
    if gap == "auto":
        gap = validation_gap(model.architecture, model.graph, len(interactions), evaluator)
    kept: dict[str, Tensor] = {}

    def measured(index: int) -> dict[str, float]:
        if index % gap and index != n_epochs and not halted:
            return {}
        with average.in_place() if average else nullcontext():
            return evaluate(evaluator, model)

    def keep_best() -> None:
        with average.in_place() if average else nullcontext():
            keep(model, kept)

    try:
        for epoch in best_epochs(run_epoch, measured, objective, n_epochs, patience, keep_best):
            yield epoch
            if halted:
                break
    finally:
        if kept:
            model.load_state_dict(kept)
        model.refresh()
        model.eval()


def best_epochs(
    run_epoch: Callable[[int], float],
    measured: Callable[[int], dict[str, float]],
    objective: str,
    n_epochs: int,
    patience: int,
    keep_best: Callable[[], object],
) -> Iterator[Epoch]:
    """Run epochs up to `n_epochs`, or until an evaluation finds that `patience` epochs have brought nothing better.

    Ties go to the earlier epoch. NaN is never better.

    Args:
        run_epoch: trains the epoch of an index and gives its mean loss.
        measured: the metrics after the epoch of an index; none where it is not evaluated.
        objective: the metric that says which epoch is best.
        n_epochs: the ceiling.
        patience: epochs.
        keep_best: called after each epoch that is better than all before.
    """
    better, best_value, best_index = metric_of(objective).better, math.nan, 0
    for index in range(1, n_epochs + 1):
        started = time.perf_counter()
        loss = run_epoch(index)
        metrics = measured(index)
        if metrics:
            value = _objective_value(metrics, objective)
            if better(value, best_value) or (math.isnan(best_value) and not math.isnan(value)):
                best_value, best_index = value, index
                keep_best()
        yield Epoch(index, loss, metrics, time.perf_counter() - started, best_index == index, best_value, best_index)
        if metrics and index - best_index >= patience:
            break


def _epoch_runner(
    model: Candidate,
    interactions: Interactions,
    seed: int,
    options: TrainConfig,
    halts: Callable[[], bool],
    average: Average | None,
) -> Callable[[int], float]:
    """A function that trains one epoch, as far as `halts` lets it, and returns its mean loss."""
    graph, architecture = model.graph, model.architecture
    pairs = pairs_of(interactions, graph, architecture)
    known = positives(graph, offer_unseen=not model.reads_items)
    generator = torch_rng(graph.device, seed, "train")
    half = options.precision == "bfloat16"
    plan = _plan(architecture, graph, options)
    sampled = None if plan is None else SampledSteps(model, known, plan, half=half)
    train_on = sampled or _full_steps(model, known, half=half, compiled=options.compile)

    def run(index: int) -> float:
        total, n_steps = torch.zeros((), device=graph.device), 0
        try:
            for batch in epoch_batches(pairs, known, graph, architecture, generator):
                total += train_on(batch, generator)
                n_steps += 1
                if average:
                    average.update()
                if halts():
                    break
        except RuntimeError as error:
            raise_failed(error)
            raise
        finally:  # an interrupted epoch leaves a model, too
            if sampled:
                sampled.write_back()
        mean = float(total) / max(n_steps, 1)  # of little data a mask may hide nothing
        if not math.isfinite(mean):
            raise TrialFailed(f"the loss is {mean} in epoch {index}; the model has diverged, try a smaller lr")
        return mean

    return run


def _plan(architecture: Trained, graph: Graph, options: TrainConfig) -> Plan | None:
    """How to train on neighbourhoods, None to train on the whole graph."""
    if options.fanout is not None:
        return None if whole_graph_only(architecture) else Plan(options.fanout)
    return None if options.max_memory is None else plan_for(architecture, graph, options.max_memory, graph.device)


def _full_steps(
    model: Candidate, known: Positives, *, half: bool, compiled: bool
) -> Callable[[Batch, torch.Generator], Tensor]:
    """A step that propagates over the whole graph."""
    optimizer = build_optimizer(model.architecture, model.parameters())
    loss_of = build_step(model, known, half=half)
    if compiled:
        loss_of = torch.compile(loss_of, dynamic=True)

    def train_on(batch: Batch, generator: torch.Generator) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(batch, generator)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    return train_on


def raise_failed(error: RuntimeError) -> None:
    """Raise `TrialFailed` where the error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
        raise TrialFailed(f"out of memory: {str(error).splitlines()[0]}") from error


def evaluate(evaluator: Measure, model: Candidate) -> dict[str, float]:
    """The metrics of a model under training, as it is."""
    model.eval()
    model.refresh()  # fused optimisers change parameters without counting it
    try:
        return evaluator(model).metrics
    except RuntimeError as error:
        raise_failed(error)
        raise


def _objective_value(metrics: dict[str, float], objective: str) -> float:
    if objective not in metrics:
        raise ConfigError(f"objective {objective} is not measured here; measured: {', '.join(sorted(metrics))}")
    return metrics[objective]


def keep(model: Candidate, kept: dict[str, Tensor]) -> dict[str, Tensor]:
    """`kept`, with the model's state copied over the one kept before, in place and where it lies."""
    for name, value in model.state_dict().items():
        if name in kept:
            kept[name].copy_(value)
        else:
            kept[name] = value.detach().clone()
    return kept
