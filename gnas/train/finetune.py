"""Trains an encoder together with a recommender that reads through it, as a generator of epochs."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from gnas.config.run import RunConfig
from gnas.data.interactions import Interactions
from gnas.errors import TrialFailed
from gnas.evaluate.evaluator import Measure
from gnas.nn.positives import positives
from gnas.rng import torch_rng
from gnas.train.batches import epoch_batches, pairs_of
from gnas.train.loop import Epoch, best_epochs, evaluate, keep, raise_failed
from gnas.train.optimizers import build_optimizer
from gnas.train.readings import Readings
from gnas.train.step import build_step

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
    readings: Readings, interactions: Interactions, evaluator: Measure, pace: Pace, config: RunConfig
) -> Iterator[Epoch]:
    """Train an encoder and the model that reads through it on the model's loss, and yield every epoch.

    The model comes trained on frozen readings, so that the first gradients mean something (Kumar et al., "Fine-Tuning
    can Distort Pretrained Features", ICLR 2022). A step reads `pace.batch` values of its own users and items again, all
    others are as they were read last; before an epoch is measured, all are read. However it ends, both then hold the
    state of the best epoch; where it ends by itself, so do the rows. The same with the same `config.seed`.

    Raises:
        TrialFailed: the loss is not finite, or memory ran out.
    """
    model, tuned, run_epoch = readings.model, readings.tuned, _epoch_runner(readings, interactions, pace, config)
    kept, kept_layers = keep(model, {}), tuned.state()

    def keep_both() -> None:
        keep(model, kept)
        kept_layers[:] = tuned.state()

    patience = config.train.patience or model.architecture.patience
    try:
        yield from best_epochs(
            run_epoch, lambda _: evaluate(evaluator, model), config.main_metric, pace.epochs, patience, keep_both
        )
    finally:
        tuned.restore(kept_layers)
        model.load_state_dict(kept)
        model.refresh()
        model.eval()
    readings.put_all()


def _epoch_runner(
    readings: Readings, interactions: Interactions, pace: Pace, config: RunConfig
) -> Callable[[int], float]:
    """A function that trains one epoch, reads all values again, and returns the mean loss."""
    model, tuned, architecture = readings.model, readings.tuned, readings.model.architecture
    graph = model.graph
    pairs, known = pairs_of(interactions, graph, architecture), positives(graph, offer_unseen=not model.reads_items)
    generator = torch_rng(graph.device, config.seed, "finetune")
    optimizers = build_optimizer(architecture, model.parameters()), Adam(tuned.parameters, lr=pace.lr)
    rises = [_rising(one, share) for one, share in zip(optimizers, (RECOMMENDER_SHARE, 1.0), strict=True)]
    step = build_step(model, known, half=config.train.precision == "bfloat16")

    def run_epoch(index: int) -> float:
        losses = []
        try:
            for batch in epoch_batches(pairs, known, graph, architecture, generator):
                for optimizer in optimizers:
                    optimizer.zero_grad(set_to_none=True)
                readings.put_fresh(readings.drawn(batch, pace.batch, generator))
                loss = step(batch, generator)
                loss.backward()  # type: ignore[no-untyped-call]
                readings.settle()
                for optimizer, rise in zip(optimizers, rises, strict=True):
                    optimizer.step()
                    rise.step()
                losses.append(loss.detach())
            readings.put_all()
        except RuntimeError as error:
            raise_failed(error)
            raise
        mean = float(torch.stack(losses).mean())
        if not math.isfinite(mean):
            raise TrialFailed(f"the loss is {mean} in epoch {index}; the encoder has diverged, try a smaller --lr")
        return mean

    return run_epoch


def _rising(optimizer: Optimizer, share: float) -> LambdaLR:
    """Its learning rate from almost nothing to `share` of what it is."""
    return LambdaLR(optimizer, lambda done: share * min(1.0, (done + 1) / WARM_UP_STEPS))
