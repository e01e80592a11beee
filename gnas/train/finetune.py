"""Training an encoder together with a recommender that reads through it, as a generator of epochs."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from gnas.config.run import TrainConfig
from gnas.data.interactions import Interactions
from gnas.errors import TrialFailed
from gnas.evaluate.evaluator import Measure
from gnas.features.tuning.encoder import TunedEncoder
from gnas.graph.bipartite import Graph
from gnas.metrics import metric_of
from gnas.nn.model import Candidate
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.loop import Epoch, raise_failed
from gnas.train.optimizers import build_optimizer
from gnas.train.readings import FilledBlock, drawn, put_all, put_fresh, settle
from gnas.train.step import build_step
from gnas.train.stopping import Best

WARM_UP_STEPS = 50
"""Steps over which learning rates rise: the first ones of Adam are of full length wherever they lead."""
RECOMMENDER_SHARE = 0.1
"""Of its own learning rate: the recommender is trained already, and would only learn train by heart."""


@dataclass(frozen=True)
class Pace:
    """How an encoder is trained: at most `epochs`, its learning rate, and how many values a step reads again."""

    epochs: int = 5
    lr: float = 1e-4
    batch: int = 32


def finetune(
    model: Candidate,
    filled: Sequence[FilledBlock],
    tuned: TunedEncoder,
    graph: Graph,
    interactions: Interactions,
    evaluator: Measure,
    pace: Pace,
    *,
    seed: int,
    objective: str,
    options: TrainConfig,
) -> Iterator[Epoch]:
    """Train `tuned` and `model` on the loss of its architecture, and yield every epoch; the same with the same seed.

    The model comes trained on frozen readings, so that the first gradients mean something (Kumar et al., "Fine-Tuning
    can Distort Pretrained Features", ICLR 2022). A step reads `pace.batch` values of its own users and items again, all
    others are as they were read last; before an epoch is measured, all are read. However it ends, both then hold the
    state of the best epoch; where it ends by itself, so do the rows.

    Raises:
        TrialFailed: the loss is not finite, or memory ran out.
    """
    architecture = model.architecture
    pairs, known = pairs_of(interactions, graph, architecture), positives(graph, offer_unseen=not model.reads_items)
    generator = torch_rng(graph.device, seed, "finetune")
    optimizers = build_optimizer(architecture, model.parameters()), Adam(tuned.parameters, lr=pace.lr)
    rises = [_rising(one, share) for one, share in zip(optimizers, (RECOMMENDER_SHARE, 1.0), strict=True)]
    step = build_step(model, graph, known, architecture, half=options.precision == "bfloat16")

    def run_epoch() -> float:
        losses = []
        for batch in epoch_batches(pairs, known, graph, architecture, generator):
            for optimizer in optimizers:
                optimizer.zero_grad(set_to_none=True)
            put_fresh(filled, tuned, drawn(filled, batch, pace.batch, generator))
            loss = step(batch, generator)
            loss.backward()  # type: ignore[no-untyped-call]
            settle(filled)
            for optimizer, rise in zip(optimizers, rises, strict=True):
                optimizer.step()
                rise.step()
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    best, kept = Best(metric_of(objective)), (tuned.state(), _copy(model))
    try:
        for index in range(1, pace.epochs + 1):
            started = time.perf_counter()
            try:
                loss = run_epoch()
                put_all(filled, tuned)
                model.eval()
                model.refresh()
                metrics = evaluator(model).metrics
            except RuntimeError as error:
                raise_failed(error)
                raise
            if not math.isfinite(loss):
                raise TrialFailed(f"the loss is {loss} in epoch {index}; the encoder has diverged, try a smaller --lr")
            is_best = best.improved_by(metrics[objective])
            best = best.after(index, metrics[objective])
            kept = (tuned.state(), _copy(model)) if is_best else kept
            yield Epoch(index, loss, metrics, time.perf_counter() - started, is_best, best.value, best.index)
            if best.exhausted(min(architecture.patience, options.patience)):
                break
    finally:
        tuned.restore(kept[0])
        model.load_state_dict(kept[1])
        model.refresh()
        model.eval()
    put_all(filled, tuned)


def _copy(model: Candidate) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _rising(optimizer: Optimizer, share: float) -> LambdaLR:
    """Its learning rate from almost nothing to `share` of what it is."""
    return LambdaLR(optimizer, lambda done: share * min(1.0, (done + 1) / WARM_UP_STEPS))
